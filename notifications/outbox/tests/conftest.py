import pytest

from . import owing


@pytest.fixture
def staffed(db) -> owing.Staffed:
    return owing.make_staffed_country()


@pytest.fixture
def postbox(settings) -> owing.Postbox:
    """An empty box in place of the e-mail channel."""
    settings.NOTIFICATION_CHANNELS = {"email": "notifications.outbox.tests.owing.PostboxChannel"}
    owing.POSTBOX.__init__()
    return owing.POSTBOX
