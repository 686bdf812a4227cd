import pytest

from notifications.outbox.tests import owing


@pytest.fixture
def staffed(db) -> owing.Staffed:
    return owing.make_staffed_country()


@pytest.fixture
def postbox(settings) -> owing.Postbox:
    settings.NOTIFICATION_CHANNELS = {"email": "notifications.outbox.tests.owing.PostboxChannel"}
    owing.POSTBOX.__init__()
    return owing.POSTBOX
