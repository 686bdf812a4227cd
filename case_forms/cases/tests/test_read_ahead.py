"""A decision asks the directory once for all whom it notifies, and leaves nothing of that behind."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from case_forms.procedures.decide import Action, Decision
from notifications.directory.chain import resolve_chain
from notifications.directory.models import DutyShift, Role
from notifications.outbox.models import Notice
from tests.world.scene import Scene, make_scene

from ..actions import CannotApply, SubmissionFacts, apply_decision

pytestmark = pytest.mark.django_db

ROLES = {"police", "responsible_authority", "cpu"}


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what is asked, as it was written: PostgreSQL's log of queries doesn't name a prepared one."""
    asked: list[str] = []

    def collect(execute: Any, sql: Any, *more: Any) -> Any:
        asked.append(str(sql))
        return execute(sql, *more)

    with connection.execute_wrapper(collect):
        yield asked


def notify(scene: Scene, *more: Action) -> list[Notice]:
    now = timezone.now()
    opening = {"status": "potential_victim", "municipality": scene.place.municipality.slug}
    actions = (
        Action("open", "open_case", opening),
        *(Action("tell", "notify", {"role": role, "ladder": "quick"}) for role in sorted(ROLES)),
        *more,
    )
    facts: dict[str, Any] = {"unit": scene.unit, "by": scene.worker, "occurred_at": now, "received_at": now}
    submission = SubmissionFacts(
        id=uuid.uuid4(),
        form=scene.form.parsed_form,
        answers={},
        procedure_version=scene.procedure,
        today=timezone.localdate(now).isoformat(),
        **facts,
    )
    return apply_decision(decision=Decision(actions, (), {}), submission=submission).notices


def test_three_notices_ask_each_kind_of_row_once_and_nothing_in_the_decision_writes_them(scene: Scene) -> None:
    with statements() as asked:
        notices = notify(scene)
    assert {notice.role for notice in notices if notice.contact is not None} == ROLES
    for table in ("partner", "dutyshift", "contactway"):
        assert len([sql for sql in asked if f'FROM "directory_{table}"' in sql]) == 1
    writes = ("INSERT INTO", "UPDATE", "DELETE FROM")
    assert not [sql for sql in asked if any(f'{write} "directory_' in sql for write in writes)]


def test_a_decision_that_cannot_be_carried_out_leaves_nothing_read_ahead(scene: Scene) -> None:
    with pytest.raises(CannotApply, match="unknown_partner"), transaction.atomic():
        notify(scene, Action("refer", "refer", {"partner": "gone", "ladder": "quick"}))
    DutyShift.objects.filter(partner=scene.offices[Role.POLICE]).delete()
    place = scene.place.municipality
    with statements() as asked:
        found = resolve_chain(role=Role.POLICE, municipality=place, at=timezone.now(), chain=["municipality"])
    assert (found.partner, found.contact) == (scene.offices[Role.POLICE], None)
    assert [sql for sql in asked if 'FROM "directory_partner"' in sql]
