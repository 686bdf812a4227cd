"""Twenty forms about one person at the same moment: real threads, so a database in a file (TEST_DATABASE=file)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from case_forms.cases.models import Case
from notifications.outbox.models import Notice
from tests.world.scene import make_scene

from ..actions import ConfirmationNeeded
from .test_same_person import ANA, send, with_names

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_twenty_who_send_the_same_person_at_once_open_one_case() -> None:
    scene = make_scene()
    scene.form = with_names()

    def one(_number: int) -> str:
        try:
            send(scene, **ANA)
        except ConfirmationNeeded:
            return "asked"
        finally:
            connections.close_all()
        return "opened"

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, range(20)))
    assert (found.count("opened"), found.count("asked")) == (1, 19)
    assert Case.objects.count() == Notice.objects.filter(role="police").count() == 1
