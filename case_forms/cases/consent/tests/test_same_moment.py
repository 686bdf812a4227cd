"""A consent is withdrawn while the case is being referred on it: real threads, each with a connection of its own.

Needs a database in a file, or PostgreSQL (`python -m tests.servers -m pytest …`), as the browsers' tests do.
"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from case_forms.cases.models import Case
from notifications.briefs.links import get_notice_by_link
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN
from tests.world.consents import record_consent
from tests.world.scene import make_scene

from ..ledger import Recipient
from ..models import SharingDecision
from ..recording import CannotWithdraw, withdraw

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROUNDS = 5


def at_once(*deeds: Callable[[], Any]) -> list[BaseException]:
    start, failed = threading.Barrier(len(deeds)), []

    def go(deed: Callable[[], Any]) -> None:
        start.wait()
        try:
            deed()
        except BaseException as error:  # noqa: BLE001  # said by the test
            failed.append(error)
        finally:
            connection.close()

    running = [threading.Thread(target=go, args=(deed,)) for deed in deeds]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    return failed


def test_nothing_stays_open_on_a_consent_that_is_withdrawn_at_the_same_moment() -> None:
    scene = make_scene()
    office = scene.offices["protection_service"]
    for _round in range(ROUNDS):
        case = Case.objects.get(reference=scene.send().receipt["case"])
        record_consent(case, partner=office)

        def refer(case: Case = case) -> None:
            answers = {"case_ref": case.reference, "to_org": office.slug, "service": ["legal"]}
            scene._submit(scene.follow_up, answers)

        def take_back(case: Case = case) -> None:
            with transaction.atomic():
                to = Recipient(Role.PROTECTION_SERVICE, office)
                withdraw(case=case, to=to, reason="said so", by=scene.worker, at=timezone.now())

        failed = at_once(refer, take_back)
        assert [error for error in failed if not isinstance(error, CannotWithdraw)] == []
        sent = Notice.objects.filter(case_id=case.pk, role=Role.PROTECTION_SERVICE).exclude(purpose=Purpose.INFORM)
        # either it was sent and then ended, or it was refused; never left open
        assert not sent.filter(state__in=OPEN).exists()
        assert all(get_notice_by_link(notice.link_token) is None for notice in sent)
        assert SharingDecision.objects.filter(case=case).count() == 1
        assert sent.count() == SharingDecision.objects.filter(case=case, is_allowed=True).count()
