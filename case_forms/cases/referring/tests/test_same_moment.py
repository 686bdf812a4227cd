"""A step is noted in two ways at the same moment: real threads, each with a connection of its own.

Needs a database in a file, or PostgreSQL (`python -m tests.servers -m pytest …`), as the browsers' tests do.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from case_forms.cases.models import Referral, ReferralStep
from notifications.briefs.replies import answer
from notifications.outbox.models import Notice
from tests.world.consents import record_consent
from tests.world.offices import make_staffed_office
from tests.world.scene import Scene, make_scene

from ..actions import Step, note_step
from ..again import refer_again
from ..models import StepKind, Way

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROUNDS = 4


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


def refer(scene: Scene) -> Referral:
    reference = scene.send().receipt["case"]
    scene.follow(reference, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    return Referral.objects.get(case__reference=reference)


def test_a_step_by_two_ways_at_the_same_moment_is_one() -> None:
    scene = make_scene()
    for _round in range(ROUNDS):
        referral = refer(scene)
        notice = Notice.objects.get(pk=referral.notice_id)
        by_phone = Step(kind=StepKind.ACCEPTED, way=Way.PHONE, said_by="Voice")
        on_the_phone = partial(note_step, referral=referral, step=by_phone, by=scene.worker)
        failed = at_once(on_the_phone, partial(answer, notice=notice, kind="accepted"))
        # The link may find that it was taken on the phone a moment before, and says so; here it wasn't sent yet.
        assert [error for error in failed if getattr(error, "code", "") != "withdrawn"] == []
        assert ReferralStep.objects.filter(referral=referral, kind=StepKind.ACCEPTED).count() == 1
        arrived = Step(kind=StepKind.ARRIVED, way=Way.UNIT)
        press = partial(note_step, referral=referral, step=arrived, by=scene.worker)
        assert at_once(press, press, press) == []
        assert ReferralStep.objects.filter(referral=referral, kind=StepKind.ARRIVED).count() == 1


def test_two_presses_at_once_ask_the_next_service_once() -> None:
    scene = make_scene()
    other = make_staffed_office("protection_service")
    for _round in range(ROUNDS):
        referral = refer(scene)
        record_consent(referral.case, partner=other)
        note_step(referral=referral, step=Step(kind=StepKind.NO_ANSWER, way=Way.UNIT), by=scene.worker)
        press = partial(refer_again, referral=referral, partner_id=other.pk, by=scene.worker)
        assert at_once(press, press, press) == []
        assert Referral.objects.filter(after=referral).count() == 1
