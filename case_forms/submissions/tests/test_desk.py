"""The open cases of the start page: sorted by the database, page by page, and none is ever left out."""

import random
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from case_forms.cases.dashboard import build_dashboard
from case_forms.cases.models import Case, CaseEvent, Deadline, new_reference
from case_forms.cases.timeline import build_timeline
from case_forms.cases.urgency import BEARERS, locked_out
from case_forms.procedures.models import ProcedureVersion
from notifications.briefs.models import PinTry
from notifications.briefs.pin import TRIES_A_ROUND
from notifications.outbox.escalation_chain import NOT_REACHED
from notifications.outbox.models import Notice, Purpose, Reply
from notifications.outbox.states import NO_CONTACT, WRONG_AREA, NoticeState
from tests.world.scene import World, make_world

from .. import dashboard
from ..dashboard import CaseFilter, CasePages
from ..urgency import URGENCIES, get_urgencies, with_urgency
from .page import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


def home(user: Any, address: str = "/field/") -> Page:
    client = Client()
    client.force_login(user)
    return Page(client, client.get(address))


def shown(page: Page) -> list[str]:
    return [node.get_text() for node in page.soup.select(".case-line .card-link")]


def cases(world: World, count: int, **more: Any) -> list[Case]:
    """So many cases, the first the oldest."""
    now = timezone.now()
    references: set[str] = set()  # at random two of ten thousand would be alike in one run of fifteen
    while len(references) < count:
        references.add(new_reference())
    return Case.objects.bulk_create(
        Case(
            **{
                "reference": reference,
                "region": world.unit.region,
                "municipality": world.unit.region.municipalities.get(),
                "unit": world.unit,
                "status": "potential_victim",
                "procedure_version": ProcedureVersion.objects.get(),
                "opened_at": now - timedelta(hours=count - number),
                "opened_by": world.worker,
                **more,
            }
        )
        for number, reference in enumerate(references)
    )


def notice(world: World, case: Case, state: str, *, chases: Notice | None = None, **more: Any) -> Notice:
    """A row in this state that the constraints let stand; not saved."""
    now, key = timezone.now(), uuid.uuid4()
    values: dict[str, Any] = {
        "id": key,
        "chase_id": chases.chase_id if chases else key,
        "event_id": uuid.uuid4(),
        "case_id": case.pk,
        "case_reference": case.reference,
        "purpose": Purpose.REROUTE if chases else Purpose.FIRST,
        "chases": chases,
        "role": "police",
        "contact": world.officer,
        "recipient_key": "x",
        "municipality": case.municipality,
        "brief": {},
        "link_hash": uuid.uuid4().hex,
        "link_token": "x",
        "link_expires_at": now,
        "state": state,
        "attempts": 1,
        "next_attempt_at": now if state in ("owed", "failed") else None,
        "lease_until": now if state == "sending" else None,
        "reason": "smtp_refused" if state == "failed" else "",
        "sent_at": None if state in ("owed", "failed", "sending") else now,
        "opened_at": now if state in ("opened", "accepted", "declined") else None,
        "owed_at": now - timedelta(minutes=5),
    }
    for name in ("accepted", "declined", "closed", "cancelled", "escalated"):
        values[f"{name}_at"] = now if state == name else None
    values |= more
    if values["contact"] is None:
        values |= {"sent_at": None, "attempts": 0}
        values |= {"reason": NO_CONTACT} if state == "failed" else {}
    return Notice(**values)


def deadline(case: Case, moment: datetime, **passed: Any) -> None:
    event = CaseEvent.objects.create(case=case, kind="submission_received", at=moment)
    marks = {f"{mark}_at": moment + timedelta(minutes=minutes) for mark, minutes in passed.items()}
    Deadline.objects.create(case=case, event=event, key="k", label={"sq": "k"}, starts_at=moment, **marks)


def test_a_breached_case_with_62_newer_ones_stands_first(world: World) -> None:
    old, *_newer = cases(world, 63)
    deadline(old, timezone.now(), breach=-1)
    page = home(world.worker)
    assert shown(page)[0] == old.reference
    assert len(shown(page)) == dashboard.CASES_ON_A_PAGE
    assert "1–60 of 63" in page.words()
    assert shown(home(world.coordinator))[0] == old.reference


def test_every_case_stands_on_exactly_one_page(world: World) -> None:
    made = cases(world, 130, opened_at=timezone.now())  # all at one moment: the order must still be one
    found = [reference for number in (1, 2, 3) for reference in shown(home(world.worker, f"/field/?page={number}"))]
    assert len(found) == 130
    assert sorted(found) == sorted(case.reference for case in made)


@pytest.mark.parametrize("number", ["0", "-1", "999", "x", "", "1'"])
def test_a_page_that_is_not_there_is_the_nearest_one(world: World, number: str) -> None:
    cases(world, 61)
    assert len(shown(home(world.worker, f"/field/?page={number}"))) in (60, 1)


def test_a_reference_is_found_however_it_is_typed(world: World) -> None:
    made = cases(world, 70)
    wanted = made[0].reference
    for typed in (wanted, wanted.lower(), f" {wanted[:3]} {wanted[3:]}", wanted[:4]):
        assert wanted in shown(home(world.worker, f"/field/?q={typed.replace(' ', '+')}"))
    page = home(world.worker, "/field/?q=%25%25")
    assert shown(page) == []
    assert "No open case matches" in page.words()


def test_another_units_case_is_not_found(world: World) -> None:
    (case,) = cases(world, 1)
    cases(world, 1, unit=world.other_unit, region=world.other_unit.region)
    assert shown(home(world.stranger, f"/field/?q={case.reference}")) == []


def test_only_those_to_call_only_children_only_one_unit(world: World) -> None:
    quiet, loud, child = cases(world, 3)
    deadline(loud, timezone.now(), breach=-1)
    Case.objects.filter(pk=child.pk).update(child_track=True)
    assert shown(home(world.worker, "/field/?only=loud")) == [loud.reference]
    assert shown(home(world.worker, "/field/?only=child")) == [child.reference]
    assert len(shown(home(world.worker, "/field/?only=nonsense"))) == 3
    assert len(shown(home(world.coordinator, f"/field/?unit={world.unit.slug}"))) == 3
    assert shown(home(world.coordinator, "/field/?unit=elsewhere")) == []
    assert quiet.reference in shown(home(world.worker))


def get_state(world: World, case: Case) -> str:
    (line,) = [line for line in dashboard.open_cases(world.worker) if line.case.pk == case.pk]
    return line.state


def test_a_declined_notice_that_reached_nobody_is_as_loud_as_no_contact(world: World) -> None:
    (case,) = cases(world, 1)
    first = notice(world, case, "declined")
    first.save()
    assert get_state(world, case) == "no_contact"
    heir = notice(world, case, "failed", chases=first, purpose=Purpose.CALL, role="coordinator", contact=None)
    heir.save()
    page = home(world.worker)
    assert "declined, and nobody else was reached" in page.words()
    assert page.soup.select_one(".case-loud") is not None
    Notice.objects.filter(pk=heir.pk).update(contact=world.officer, state="owed", reason="")
    assert get_state(world, case) == "no_contact"  # a coordinator is asked to call; nobody is asked to take it


def test_a_declined_notice_is_over_when_the_coordinators_call_has_reached_somebody(world: World) -> None:
    (case,) = cases(world, 1)
    first = notice(world, case, "declined")
    first.save()
    call = notice(world, case, "closed", chases=first, purpose=Purpose.CALL, accepted_at=timezone.now())
    call.save()
    reply = Reply.objects.create(notice=call, kind="outcome", reason=NOT_REACHED)
    assert get_state(world, case) == "no_contact"
    Reply.objects.filter(pk=reply.pk).update(reason="reached")
    assert get_state(world, case) == "quiet"


def test_a_contact_who_has_left_is_nobody(world: World) -> None:
    (case,) = cases(world, 1)
    notice(world, case, "failed", reason=NO_CONTACT).save()
    assert get_state(world, case) == "no_contact"
    first = notice(world, case, "declined")
    first.save()
    Notice.objects.exclude(pk=first.pk).update(chases=first, purpose=Purpose.REROUTE, chase_id=first.pk)
    assert get_state(world, case) == "no_contact"


@pytest.mark.parametrize("purpose", ["reroute", "deputy", "instead"])
@pytest.mark.parametrize(
    ("state", "minutes", "said"),
    [("failed", 5, "failed"), ("sent", -1, "late"), ("escalated", 5, "escalated"), ("owed", 5, "waiting")],
)
def test_whoever_bears_the_duty_now_is_judged(world: World, purpose: str, state: str, minutes: int, said: str) -> None:
    (case,) = cases(world, 1)
    over = "cancelled" if purpose == "instead" else "declined"
    first = notice(world, case, over)
    first.save()
    due = timezone.now() + timedelta(minutes=minutes)
    notice(world, case, state, chases=first, purpose=purpose, answer_by=due).save()
    assert get_state(world, case) == said


def test_a_call_about_an_heir_counts_like_one_about_the_first(world: World) -> None:
    (case,) = cases(world, 1)
    first = notice(world, case, "declined")
    first.save()
    heir = notice(world, case, "sent", chases=first)
    heir.save()
    assert get_state(world, case) == "waiting"
    notice(world, case, "sent", chases=heir, purpose=Purpose.CALL).save()
    assert get_state(world, case) == "call"


def test_wrong_pins_that_lock_a_contact_out_are_as_loud_as_a_call(world: World) -> None:
    (case,) = cases(world, 1)
    first = notice(world, case, "sent", answer_by=timezone.now() + timedelta(minutes=5))
    first.save()
    for _try in range(TRIES_A_ROUND):
        assert get_state(world, case) == "waiting"
        PinTry.objects.create(notice=first, address_hash="x", succeeded=False)
    assert get_state(world, case) == "call"
    page = home(world.worker)
    assert "5 wrong PINs were entered" in page.words()
    assert page.soup.select_one('.case-loud a[href^="tel:"]') is not None
    PinTry.objects.create(notice=first, address_hash="x", succeeded=True)
    assert get_state(world, case) == "waiting"


def test_a_notice_passed_on_four_times_counts_by_who_has_it_now(world: World) -> None:
    (case,) = cases(world, 1)
    last = notice(world, case, "declined")
    last.save()
    for _number in range(4):
        last = notice(world, case, "declined", chases=last)
        last.save()
    assert get_state(world, case) == "no_contact"
    last = notice(world, case, "accepted", chases=last)
    last.save()
    assert get_state(world, case) == "quiet"


def test_red_and_amber_stand_between_late_and_waiting(world: World) -> None:
    now = timezone.now()
    amber, red, late = cases(world, 3)
    deadline(amber, now, amber=-1, red=5, breach=9)
    deadline(red, now, amber=-9, red=-1, breach=9)
    notice(world, late, "sent", answer_by=now - timedelta(minutes=1)).save()
    assert shown(home(world.worker)) == [late.reference, red.reference, amber.reference]


MAY_BE_ALONE = ("owed", "failed", "closed", "cancelled", "escalated")


def anything(
    world: World, dice: random.Random, case: Case, now: datetime, alone: tuple[str, ...] = MAY_BE_ALONE
) -> list[Notice]:
    """A few chases of any shape, also of those that nothing of ours makes. `alone`: states without a contact."""
    made: list[Notice] = []
    for _number in range(dice.randint(0, 7)):
        chases = dice.choice([None, *made]) if made else None
        state = dice.choice(NoticeState.values)
        has_contact = dice.random() < 0.7 or state not in alone
        made.append(
            notice(
                world,
                case,
                state,
                chases=chases,
                purpose=dice.choice(Purpose.values[1:]) if chases else Purpose.FIRST,
                contact=world.officer if has_contact else None,
                answer_by=dice.choice([None, now - timedelta(minutes=3), now + timedelta(minutes=3)]),
                **({"accepted_at": now} if state in ("closed", "declined") and dice.random() < 0.5 else {}),
                **({"reason": NO_CONTACT} if state == "failed" and dice.random() < 0.4 else {}),
                **({"reason": WRONG_AREA} if state == "declined" and dice.random() < 0.4 else {}),
            )
        )
    return made


def answers_and_tries(dice: random.Random, made: list[Notice]) -> None:
    """What came of some calls, and PINs that were entered, right and wrong."""
    calls = [each for each in made if each.purpose == Purpose.CALL and each.contact]
    Reply.objects.bulk_create(
        Reply(notice=call, kind="outcome", reason=dice.choice([NOT_REACHED, "reached"]))
        for call in dice.sample(calls, len(calls) // 2)
    )
    moments = [timezone.now() - timedelta(minutes=minutes) for minutes in range(4)]
    PinTry.objects.bulk_create(
        PinTry(notice=each, address_hash="x", succeeded=dice.random() < 0.08, at=dice.choice(moments))
        for each in dice.sample(made, len(made) // 4)
        for _try in range(dice.randint(3, 8))
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_start_page_and_the_register_say_what_the_cases_page_says(world: World, seed: int) -> None:
    dice, now = random.Random(seed), timezone.now()
    made = cases(world, 60)
    rows = [each for case in made for each in anything(world, dice, case, now, alone=("failed",))]
    Notice.objects.bulk_create(rows)
    answers_and_tries(dice, rows)
    said = get_urgencies(made, now)
    for case in made:
        board, state = build_dashboard(build_timeline(case, now=now, language="en")), said[case.pk].state
        assert any(card.nobody or card.is_dropped for card in board.cards) == (state == "no_contact")
        assert all(card.must_call for card in board.cards if card.state == "no_contact")
        assert not any(card.locked for card in board.cards) or state in ("no_contact", "call")
        is_borne = any(each.case_id == case.pk and each.is_open and each.purpose in BEARERS for each in rows)
        assert (state == "quiet") <= (not is_borne)
    assert {"no_contact", "call", "quiet"} <= {one.state for one in said.values()}


@pytest.mark.parametrize("seed", range(3))
def test_the_database_and_the_page_agree_on_how_urgent_a_case_is(world: World, seed: int) -> None:
    dice, now = random.Random(seed), timezone.now()
    made = cases(world, 150)
    rows = [each for case in made for each in anything(world, dice, case, now)]
    Notice.objects.bulk_create(rows)
    answers_and_tries(dice, rows)
    for case in made:
        if dice.random() < 0.3:
            deadline(case, now, breach=dice.choice([-1, 1]), red=dice.choice([-2, 1]), amber=dice.choice([-3, 1]))
    Deadline.objects.filter(pk__in=[each.pk for each in Deadline.objects.all()[::4]]).update(met_at=now)
    said = get_urgencies(made, now)
    sorted_by = dict(with_urgency(Case.objects.all(), now).values_list("pk", "urgency"))
    assert {pk: URGENCIES[place] for pk, place in sorted_by.items()} == {pk: one.state for pk, one in said.items()}
    assert len({one.state for one in said.values()}) >= 8


def test_the_page_asks_as_often_for_130_cases_as_for_one(world: World) -> None:
    client = Client()
    client.force_login(world.coordinator)
    counts = []
    for count in (1, 129):
        for case in cases(world, count):
            notice(world, case, "sent").save()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get("/field/?page=1")
        counts.append(len(asked))
    # Half of them are short: who sees what is read first, so that the long ones can use an index (docs/adr/0121).
    assert counts[0] == counts[1] <= 52


def copied(rows: list[Notice]) -> None:
    """Many rows at once, all with the sealed cells of one: nobody opens them here, and sealing takes long."""
    sample = rows[0]
    sample.save()
    fields = Notice._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(str(each.column)) for each in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {Notice._meta.db_table}")  # noqa: S608 names of our own
        stored = dict(zip([each.name for each in fields], cursor.fetchone(), strict=True))
        sealed = {name: stored[name] for name in ("brief", "link_token")}
        cursor.executemany(
            f"INSERT INTO {Notice._meta.db_table} ({columns}) VALUES ({', '.join(['%s'] * len(fields))})",  # noqa: S608
            [
                [
                    sealed.get(each.name) or each.get_db_prep_save(getattr(row, each.attname), connection)
                    for each in fields
                ]
                for row in rows[1:]
            ],
        )


def test_ten_times_the_cases_take_no_more_than_ten_times_as_long_to_sort(world: World) -> None:
    few = _seconds_to_sort(world, 300, 300)
    many = _seconds_to_sort(world, 2700, 3000)
    # Twice for what else the machine does meanwhile; a sort that grows with the square takes a hundred times as long.
    assert many < 10 * 2 * few, f"{many:.2f} s and {few:.2f} s of this process and its database"


def _seconds_to_sort(world: World, added: int, in_all: int) -> float:
    """Add so many cases, and return the least processor time of three that the first page of all of them takes."""
    dice = random.Random(7)
    rows = []
    for case in cases(world, added):
        state = dice.choices(["accepted", "sent", "declined", "failed"], [90, 5, 4, 1])[0]
        first = notice(world, case, state)
        rows.append(first)
        if state == "declined":
            rows.append(notice(world, case, dice.choice(["accepted", "declined"]), chases=first))
    copied(rows)
    times = []
    for _time in range(3):
        pages = CasePages(world.coordinator, CaseFilter(), timezone.now())
        began = time.process_time()
        lines = pages.lines(pages.page(1))
        times.append(time.process_time() - began)
        assert len(lines) == dashboard.CASES_ON_A_PAGE
        assert lines[0].state == "no_contact"
        assert pages.paginator.count == min(in_all, dashboard.MAX_NAMED)
        assert pages.paginator.is_more == (in_all > dashboard.MAX_NAMED)
    return min(times)


def test_a_chain_of_any_length_counts_by_who_has_it_now(world: World) -> None:
    (case,) = cases(world, 1)
    last = notice(world, case, "declined")
    last.save()
    for _number in range(12):
        last = notice(world, case, "declined", chases=last)
        last.save()
    assert get_state(world, case) == "no_contact"
    notice(world, case, "accepted", chases=last).save()
    assert get_state(world, case) == "quiet"


def test_a_row_of_an_older_release_is_loud_rather_than_silent(world: World) -> None:
    (case,) = cases(world, 1)
    notice(world, case, "declined").save()
    Notice.objects.update(chase_id=None)
    assert get_state(world, case) == "no_contact"
    assert with_urgency(Case.objects.all(), timezone.now()).get().urgency == URGENCIES.index("no_contact")


def test_to_sort_many_cases_nothing_but_their_keys_is_read_and_the_lines_are_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for case in cases(world, 3):
        Notice.objects.bulk_create([notice(world, case, "sent")])
    few = CasePages(world.coordinator, CaseFilter(), timezone.now())
    of_few = [line.case for line in few.lines(few.page(1))]
    monkeypatch.setattr(dashboard, "MAX_NAMED", 2)
    pages = CasePages(world.coordinator, CaseFilter(), timezone.now())
    with CaptureQueriesContext(connection) as asked:
        page = pages.page(1)  # the only one, which lies beyond what is counted of many
        assert list(page.object_list)
    (sorting,) = [each["sql"] for each in asked if "ORDER BY CASE" in each["sql"]]
    read = sorting.partition(" FROM ")[0]
    assert read.startswith('SELECT "cases_case"."id"')
    assert "access_municipality" not in sorting
    assert [line.case for line in pages.lines(page)] == of_few
    assert [case.pk for case in of_few] == list(page.object_list)


if connection.vendor == "sqlite":  # PostgreSQL decides by what is in the tables

    def test_whose_link_wrong_pins_have_locked_is_found_by_the_tries_and_not_among_all_open_notices(
        world: World,
    ) -> None:
        sql, values = locked_out().values("case_id").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            plan = [row[3] for row in cursor.fetchall()]
        assert plan[0].startswith("SEARCH outbox_notice")
        assert "(id=?)" in plan[0]
