"""One question in an idle second: it names every clock, and says yes exactly where a clock's own query finds something.

It stands in this room because all clocks are registered only where the whole service is.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from audit.prepared_values import DueQuery, PreparedAny, PreparedUpdate
from audit.put_aside import get_put_aside_keys, put_row_aside, rows_aside_read_once
from notifications.escalation import idle
from notifications.escalation.management.commands.sweeper import Sweeper
from notifications.escalation.passes import get_clocks
from notifications.outbox.models import Dispatch, Notice
from tests.queues import waiting_tasks
from tests.world.notices import notify_officer, staffed
from vault.fields import SealedBytesField

__all__ = ["staffed"]

pytestmark = pytest.mark.django_db

# Clocks that are turned in each pass, because no query says whether they have something to do.
ASKED_BY_ITSELF: set[str] = set()
NOW = timezone.now()


def get_queries() -> list[DueQuery]:
    return [query for step in idle.get_steps() for query in step.due]


def find_names(now: datetime) -> set[str]:
    steps = idle.get_steps()
    due = idle.find_due(steps, now)
    assert due is not None
    return {steps[at].name for at in due}


def test_every_clock_is_in_the_question_or_is_said_to_be_asked_by_itself() -> None:
    steps = {step.name: step for step in idle.get_steps()}
    assert set(steps) >= {each.name for each in get_clocks()}
    assert len(get_clocks()) >= 11
    assert {name for name, step in steps.items() if not step.due} == ASKED_BY_ITSELF


def test_each_step_names_every_query_by_which_it_looks_for_something() -> None:
    for step in idle.get_steps():
        with rows_aside_read_once():
            get_put_aside_keys("", NOW)  # what is aside is read now, and not by the step
            with CaptureQueriesContext(connection) as asked:
                step.run(NOW)
        assert len(asked) == len(step.due), step.name


def test_an_idle_pass_is_one_statement() -> None:
    idle.run_due_steps(NOW, ask_each=False)
    with CaptureQueriesContext(connection) as asked:
        idle.run_due_steps(NOW, ask_each=False)
    assert len(asked) == 1


def test_what_one_step_makes_due_is_found_by_a_later_one_in_the_same_pass(staffed: Any) -> None:
    notify_officer(staffed)
    Notice.objects.update(next_attempt_at=NOW + timedelta(days=3), next_step_at=None)
    assert find_names(NOW) == {"outbox.times"}
    idle.run_due_steps(NOW, ask_each=False)
    assert len(waiting_tasks("urgent")) == 1


def test_a_question_that_fails_leads_to_each_step_being_run(staffed: Any, caplog: Any) -> None:
    notify_officer(staffed)
    Notice.objects.update(next_attempt_at=NOW, next_step_at=NOW)
    for error in (DatabaseError, TypeError):
        steps = [mock.Mock(due=step.due) for step in idle.get_steps()]
        with (
            mock.patch.object(PreparedAny, "ask", side_effect=error),
            mock.patch.object(idle, "get_steps", return_value=steps),
        ):
            idle.run_due_steps(NOW, ask_each=False)
        assert [step.run.call_count for step in steps] == [1] * len(steps)
    assert "sweep_question_failed" in caplog.text
    with mock.patch.object(PreparedAny, "ask", side_effect=DatabaseError):
        idle.run_due_steps(NOW, ask_each=False)
    assert Notice.objects.filter(ladder_step=1).count() == 1


def test_every_step_is_run_each_thirty_seconds_whatever_the_question_answers(staffed: Any) -> None:
    notify_officer(staffed)
    sweeper, taken = Sweeper(1.0), []
    with (
        mock.patch("notifications.escalation.management.commands.sweeper.time.monotonic") as clock,
        mock.patch.object(idle, "find_due", return_value=set()),
    ):
        for second in range(62):
            Notice.objects.update(next_step_at=timezone.now() - timedelta(seconds=1), ladder_step=0)
            clock.return_value = 100.0 + second
            sweeper.run_once()
            if Notice.objects.filter(ladder_step=1).exists():
                taken.append(second)
    assert taken == [0, 30, 60]


def test_what_is_due_is_dealt_with_in_the_next_pass(staffed: Any) -> None:
    sweeper = Sweeper(1.0)
    sweeper.run_once()
    notice = notify_officer(staffed)
    Notice.objects.update(next_attempt_at=timezone.now(), next_step_at=timezone.now() - timedelta(seconds=1))
    before = len(waiting_tasks("urgent"))
    with mock.patch.object(sweeper, "_is_due", return_value=False):
        sweeper.run_once()
    notice.refresh_from_db()
    assert notice.ladder_step == 1
    assert len(waiting_tasks("urgent")) == before + 1


def test_what_is_put_aside_leads_to_its_step_alone(staffed: Any) -> None:
    notice = notify_officer(staffed)
    Notice.objects.update(next_attempt_at=NOW + timedelta(minutes=1), next_step_at=NOW)
    put_row_aside("notice.clock", notice.pk, ValueError(), at=NOW)
    assert find_names(NOW) == {"notice.clock"}
    idle.run_due_steps(NOW, ask_each=False)
    notice.refresh_from_db()
    assert notice.ladder_step == 0


class Rows:
    """Makes random rows of any model; one that the database refuses isn't made."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def make(self, model: type[models.Model], depth: int = 0) -> Any:
        """Return the key of a new row, or of one that is there; None where each try was refused."""
        for _try in range(8):
            row = model(**dict(self._fill(model, depth)))
            try:
                with transaction.atomic():
                    model._base_manager.bulk_create([row])
            except IntegrityError:
                continue
            return row.pk
        return model._base_manager.values_list("pk", flat=True).first()

    def _fill(self, model: type[models.Model], depth: int) -> Iterator[tuple[str, Any]]:
        for field in model._meta.concrete_fields:
            if field.primary_key and field.has_default():
                continue
            if isinstance(field, models.AutoField):
                # What is sealed in a row is sealed under its key.
                yield field.attname, self.random.randint(10**6, 2**31 - 1)
            elif field.null and self.random.random() < 0.6:
                yield field.attname, None
            elif isinstance(field, models.ForeignKey):
                yield field.attname, self._refer(field, depth)
            else:
                yield field.attname, self.draw(field)

    def _refer(self, field: Any, depth: int) -> Any:
        target = field.related_model
        keys = list(target._base_manager.values_list("pk", flat=True)[:20])
        if keys and (depth or self.random.random() < 0.8):
            return self.random.choice(keys)
        return None if field.null or depth > 4 else self.make(target, depth + 1)

    def draw(self, field: Any) -> Any:
        if isinstance(field, SealedBytesField):
            return b"x"
        if field.choices:
            return self.random.choice([value for value, _label in field.flatchoices])
        if isinstance(field, models.DateTimeField):
            return NOW + timedelta(minutes=self.random.choice([-3000, -30, -1, 0, 1, 30, 90, 3000]))
        if isinstance(field, models.DateField):
            return NOW.date() + timedelta(days=self.random.randint(-2, 2))
        if isinstance(field, models.TimeField):
            return NOW.time()
        if isinstance(field, models.BooleanField):
            return self.random.random() < 0.5
        if isinstance(field, models.UUIDField):
            keys = list(Notice.objects.values_list("pk", flat=True)[:20])
            return self.random.choice([*keys, uuid4()])
        if field.has_default():
            return field.get_default()
        if isinstance(field, models.IntegerField):
            return self.random.randint(0, 3)
        if isinstance(field, models.CharField):
            return uuid4().hex[: field.max_length]
        if isinstance(field, models.TextField):
            return uuid4().hex
        if isinstance(field, models.BinaryField):
            return b"x"
        return {}


CHANGED = ("state", "reason", "purpose", "role", "next_step_at", "next_attempt_at", "lease_until", "link_revoked_at")


def change_notices(rows: Rows) -> None:
    for model, names in ((Notice, CHANGED), (Dispatch, ("state", "next_attempt_at", "lease_until"))):
        for key in model.objects.values_list("pk", flat=True):
            for _try in range(6):
                name = rows.random.choice(names)
                field: Any = model._meta.get_field(name)
                words = {"reason": ["", "no_contact"]}.get(name)
                value = rows.random.choice(words) if words else rows.draw(field)
                value = None if field.null and rows.random.random() < 0.3 else value
                try:
                    with transaction.atomic():
                        model.objects.filter(pk=key).update(**{name: value})
                except IntegrityError:
                    continue


def finds_something(query: DueQuery, now: datetime) -> bool:
    """Ask the clock's own query; what an update changes is taken back."""
    if not isinstance(query.query, PreparedUpdate):
        return bool(query.query.fetch(**query.get_values(now)))
    with transaction.atomic():
        changed = query.query.run(**query.get_values(now))
        transaction.set_rollback(True)
    return bool(changed)


# A seed that is smaller makes no simpler rows.
@settings(
    max_examples=25,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_the_question_says_yes_exactly_where_a_clocks_own_query_finds_something(staffed: Any, seed: int) -> None:
    with transaction.atomic():
        rows, queries = Rows(seed), get_queries()
        for _each in range(3):
            notify_officer(staffed)
        wanted = list(dict.fromkeys(each.query._model for each in queries if each.query._model is not Notice))
        for model in rows.random.sample(wanted, len(wanted) // 2):
            for _each in range(2):
                rows.make(model)
        change_notices(rows)
        for minutes in (-3001, 0, 45):  # nearly nothing is due yet; some; most
            now = NOW + timedelta(minutes=minutes)
            answers = PreparedAny(queries).ask(now)
            own = [finds_something(query, now) for query in queries]
            assert answers == own
        transaction.set_rollback(True)
