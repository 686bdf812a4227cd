"""Erasure as a person asked, from what they ask to the proof: one word is put wherever a case takes words, and looked
for afterwards in every table and every file.
"""

import json
import os
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as site
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry, PutAside
from case_forms.cases.closing.actions import ClosingRequest, ask_to_close, decide_closing
from case_forms.cases.closing.open_ends import find_open_ends
from case_forms.cases.closing.reopening import reopen_case
from case_forms.cases.documents.models import CaseDocument
from case_forms.cases.finding.models import IdentityToken
from case_forms.cases.models import Case, CaseHold, Deadline, FlagChange, RightsRequest
from case_forms.cases.notes.actions import add_note
from case_forms.cases.retention.holds import place_hold
from case_forms.cases.rights.actions import (
    CannotAnswer,
    NewRequest,
    Proposal,
    call_off_erasure,
    decide_answer,
    hand_over,
    propose_answer,
    register_request,
    withdraw_request,
)
from case_forms.cases.rights.choices import get_erasure_rules, get_refusals
from case_forms.cases.rights.document import render_pdf
from case_forms.cases.rights.erasure import ASKED, find_stops, list_asked_in_forms
from case_forms.cases.rights.held import compute_fingerprint, iter_pieces, read_held
from case_forms.cases.rights.models import RightKind
from case_forms.cases.rights.reminders import send_due as remind
from case_forms.cases.rights.shown import get_rows
from case_forms.form_builder.models import FormVersion
from config.backups.rotation import MONTHS
from notifications.briefs.models import TalkMessage
from notifications.outbox.models import Notice, Reply, ReplyKind
from tests.queues import all_waiting_tasks
from tests.rows import read_everything
from tests.world.forms import publish
from tests.world.notices import postbox
from tests.world.places import make_coordinator, make_place
from tests.world.procedures import deadline, enact, rule, small_procedure
from tests.world.scene import Scene
from vault import data_keys, rotation
from vault.fields import SealedField

from ..case_purge import due_cases, forget_due_cases
from ..erasure_proof import find_left, prove_erasures
from ..exports.models import AnswerExport, ExportPart
from ..forgetting_soon import find_forgetting_soon
from ..models import Submission
from .test_case_purge import CANARY, KEPT, coordinator, folders, lift, live_through, scene

__all__ = ["coordinator", "folders", "postbox", "scene"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox")]

DAY = timedelta(days=1)
FORMS = Path(__file__).parents[2] / "form_builder" / "data" / "forms"


@pytest.fixture
def second(scene: Scene) -> User:
    return make_coordinator(scene.place)


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
    """Calls something with what it does after its commit."""

    def call(function: Callable[..., Any], *args: Any, **more: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return function(*args, **more)

    return call


def today() -> Any:
    return timezone.localdate()


def close(case: Case, scene: Scene, coordinator: User) -> Case:
    ends = find_open_ends(case)
    given: dict[str, Any] = {
        "wish": "agrees",
        "despite": ends.despite,
        "seen": ends.fingerprint,
        "risk": "Spoke with her.",
    }
    wanted = ClosingRequest(act="close", reason="finished", open="Followed elsewhere.", **given)
    asked = ask_to_close(case=case, wanted=wanted, by=scene.worker)
    decide_closing(closing=asked, agree=True, by=coordinator, seen=find_open_ends(case).fingerprint)
    return Case.objects.get(pk=case.pk)


def closed(scene: Scene, coordinator: User) -> Case:
    case = scene.send(story=f"{CANARY} told.").submission.case
    assert case is not None
    return close(case, scene, coordinator)


def register(case: Case, scene: Scene, kind: str = "erasure", **more: Any) -> RightsRequest:
    given: dict[str, Any] = {
        "kind": kind,
        "received_through": "person",
        "identity": "known",
        "asked_on": today(),
        "language": "en",
        "identity_words": f"Spoke with her alone: {CANARY}.",
        "request_words": f"{CANARY} wants all of it gone.",
    }
    return register_request(case=case, wanted=NewRequest(**{**given, **more}), by=scene.worker)


def propose(request: RightsRequest, by: User, **more: Any) -> RightsRequest:
    given = {"outcome": "whole", "erase_on": today() + 3 * DAY, "words": f"{CANARY} knows what she loses.", **more}
    return propose_answer(request=request, wanted=Proposal(**given), by=by)


def agreed(case: Case, scene: Scene, coordinator: User, second: User, **more: Any) -> RightsRequest:
    proposed = propose(register(case, scene), coordinator, **more)
    return decide_answer(request=proposed, agree=True, by=second, words=f"{CANARY}: yes.")


def refusal(call: Any, *args: Any, **kwargs: Any) -> Any:
    with pytest.raises(CannotAnswer) as caught:
        call(*args, **kwargs)
    return (caught.value.code, *caught.value.stops)


def find_in_tables(word: str) -> set[str]:
    """Every table and sealed column that holds a word: as it is stored, and opened with every key there is."""
    found = {table for table, rows in read_everything().items() if word in str(rows)}
    for model in apps.get_models():
        for column in (each for each in model._meta.concrete_fields if isinstance(each, SealedField)):
            for row in model._base_manager.all():
                with suppress(Exception):
                    if word in str(getattr(row, column.attname)):
                        found.add(f"{model._meta.label}.{column.name}")
    return found


def find_files(word: str) -> list[Path]:
    roots = {Path(site.MEDIA_ROOT), Path(site.ATTACHMENT_DIR), Path(site.VAULT_CASE_KEY_DIR)}
    files = [path for root in roots if root.exists() for path in root.rglob("*") if path.is_file()]
    return [path for path in files if word.encode() in path.read_bytes()]


def say_everything(scene: Scene, coordinator: User) -> Case:
    """A case that took the word by every way there is, and is closed."""
    case = live_through(scene, coordinator)
    lift(case, coordinator, scene)
    reopen_case(case=case, reason="new_risk", by=scene.worker)
    add_note(case=case, text=f"{CANARY} rang.", by=scene.worker)
    FlagChange.objects.create(
        case=case, key="danger", label={"sq": "x", "en": "x"}, is_set=True, reason=CANARY, changed_by=scene.worker
    )
    first = Notice.objects.get(role="police", chases=None)
    TalkMessage.objects.create(
        notice=first, author=scene.worker, key=uuid.uuid4(), kind="addition", text=f"{CANARY} is at home."
    )
    CaseDocument.objects.create(
        case=case, kind="summary", version=1, language="en", pdf=f"%PDF {CANARY}".encode(), made_at=timezone.now()
    )
    IdentityToken.objects.create(
        digest="0" * 32, key_id="x", case=case, submission_id=Submission.objects.filter(case=case).latest("pk").pk
    )
    asked = register(case, scene, "access")
    forms = read_held(case, "en")
    kept = [each.key for each in iter_pieces(forms)]
    propose(asked, coordinator, kept=kept, seen=compute_fingerprint(forms), erase_on=None)
    RightsRequest.objects.filter(pk=asked.pk).update(state="withdrawn")  # with its document: as before it was dropped
    return close(case, scene, coordinator)


def test_after_an_erasure_the_word_is_in_no_table_and_no_file_and_that_is_recorded(
    scene: Scene, coordinator: User, second: User, committed: Any
) -> None:
    case = committed(say_everything, scene, coordinator)
    decided = agreed(case, scene, coordinator, second)
    before = find_in_tables(CANARY)
    expected = {
        *("intake.Submission.answers", "intake.Submission.correction_reason", "intake.Attachment.name"),
        *("outbox.Notice.brief", "outbox.BriefDocument.pdf", "outbox.Reply.note", "briefs.TalkMessage.text"),
        *("cases.CaseNote.text", "cases.FlagChange.reason", "cases.CaseDocument.pdf", "cases.CaseFact.value"),
        *("cases.CaseHold.words", "cases.CaseClosing.words", "cases.ReferralStep.words", "cases.ConsentEntry.names"),
        *("cases.RightsRequest.words", "cases.RightsRequest.document", "cases.CaseTransfer.reason"),
    }
    assert expected <= before, expected - before
    assert not {place for place in before if "." not in place}, "nothing of it lies in clear"
    files = list(Path(site.ATTACHMENT_DIR).rglob("*.sealed"))
    assert files
    left, looked = find_left(_as_if_forgotten(case))
    assert expected - {"intake.Attachment.name"} <= _as_labels(left)
    assert {"index of persons", "known facts", "attachments", "keys"} <= set(left)

    assert committed(forget_due_cases, today() + 2 * DAY) == 0, "its day hasn't come"
    assert committed(forget_due_cases, today() + 3 * DAY) == 1
    assert find_left(Case.objects.get(pk=case.pk)) == ({}, looked)
    assert prove_erasures(timezone.now()) == 1
    assert find_in_tables(CANARY) == set()
    assert find_files(CANARY) == []
    assert not any(file.exists() for file in files)
    assert not IdentityToken.objects.filter(case=case).exists()
    assert CANARY not in repr(list(all_waiting_tasks()))
    assert data_keys.is_gone(case.pk)
    entry = AuditEntry.objects.get(action="rights.erased")
    assert entry.detail == {"request": str(decided.pk), "looked": looked, "found": 0}
    assert AuditEntry.objects.get(action="case.forgotten").detail["files"] == len(files)
    decided.refresh_from_db()
    assert decided.proved_at is not None
    assert prove_erasures(timezone.now()) == 0, "once"


def _as_if_forgotten(case: Case) -> Case:
    case.forgotten_at = timezone.now()
    return case


def _as_labels(left: dict[str, int]) -> set[str]:
    columns = {
        f"{model._meta.db_table}.{field.column}": f"{model._meta.label}.{field.name}"
        for model, fields in rotation.sealed_fields()
        for field in fields
    }
    return {columns.get(place, place) for place in left}


def test_the_paper_says_what_goes_and_stays_before_and_after_and_quotes_nothing(
    scene: Scene, coordinator: User, second: User, committed: Any
) -> None:
    case = closed(scene, coordinator)
    Notice.objects.filter(case_id=case.pk).update(sent_at=timezone.now(), attempts=1)
    decided = agreed(case, scene, coordinator, second)
    text = str(decided.document)
    assert "we erase everything that you told us" in text
    assert "Anti-trafficking police officer" in text
    assert "Coordinator" not in text, "only what others hold"
    assert "Our backups hold locked copies until" in text
    assert render_pdf(decided).startswith(b"%PDF")
    handed = hand_over(request=decided, to="person", on=today(), words="In the office.", by=scene.worker)
    assert handed.state == "handed"
    assert committed(forget_due_cases, today() + 3 * DAY) == 1, "handed over or not"
    after = RightsRequest.objects.get()
    assert after.document is not None
    assert after.document["erased_on"] == today().isoformat()
    assert "Forms: 1, files: 0" in str(after.document)
    assert "Nothing of your case was found" not in str(after.document)
    prove_erasures(timezone.now())
    after = RightsRequest.objects.get()
    assert "Nothing of your case was found" in str(after.document)
    assert after.has_document
    assert render_pdf(after).startswith(b"%PDF")
    assert CANARY not in str(after.document)
    assert after.words == {}


def test_the_paper_is_handed_over_after_the_erasure_too_and_nothing_new_is_written(
    scene: Scene, coordinator: User, second: User, committed: Any, client: Client
) -> None:
    case = closed(scene, coordinator)
    decided = agreed(case, scene, coordinator, second)
    assert committed(forget_due_cases, today() + 3 * DAY) == 1
    client.force_login(scene.worker)
    path = f"/field/cases/{case.reference}/rights/{decided.pk}/"
    page = client.get(path).content.decode()
    assert 'value="hand_over"' in page
    assert 'name="words"' not in page
    assert "the person asked for it" in client.get(f"/field/cases/{case.reference}/").content.decode()
    assert client.get(f"{path}file.json").json()["erased_on"]
    given = {"do": "hand_over", "to": "person", "on": today().isoformat(), "words": CANARY}
    assert client.post(path, given).status_code == 302
    after = RightsRequest.objects.get()
    assert (after.state, after.words) == ("handed", {})


def test_the_promise_about_backups_is_what_they_keep() -> None:
    assert get_erasure_rules()["backup_months"] == MONTHS


def test_nobody_erases_alone(scene: Scene, coordinator: User, second: User) -> None:
    case = closed(scene, coordinator)
    proposed = propose(register(case, scene), coordinator)
    assert refusal(decide_answer, request=proposed, agree=True, by=coordinator) == ("own_request",)
    assert refusal(decide_answer, request=proposed, agree=True, by=scene.worker) == ("not_allowed",)
    assert forget_due_cases(today() + 9 * DAY) == 0
    decide_answer(request=proposed, agree=True, by=second)
    assert due_cases(today() + 3 * DAY).filter(pk=case.pk).exists()


def test_a_refusal_has_its_ground_two_people_and_a_paper(scene: Scene, coordinator: User, second: User) -> None:
    case = closed(scene, coordinator)
    grounds = dict(get_refusals("erasure"))
    assert {"legal_duty", "legal_claim", "proceedings", "vital_interest", "identity"} <= set(grounds)
    assert "unfounded" not in grounds
    assert "legal_duty" not in dict(get_refusals("correction"))
    asked = register(case, scene)
    assert refusal(propose, asked, coordinator, outcome="refused") == ("no_reason",)
    proposed = propose(asked, coordinator, outcome="refused", refusal="legal_claim", erase_on=None)
    decided = decide_answer(request=proposed, agree=True, by=second)
    assert "they are needed to make or defend a legal claim" in str(decided.document)
    assert "Nothing was erased." in str(decided.document)
    assert "Everything in it is deleted after" in str(decided.document), "until when it remains"
    assert decided.has_document
    assert forget_due_cases(today() + 9 * DAY) == 0


@pytest.mark.parametrize(
    ("days", "code"), [(0, "day_over"), (-1, "day_over"), (31, "bad_day"), (None, "bad_day"), (1, ""), (30, "")]
)
def test_the_day_is_to_come_and_within_the_time_for_an_answer(
    days: int | None, code: str, scene: Scene, coordinator: User
) -> None:
    asked = register(closed(scene, coordinator), scene)
    day = None if days is None else today() + days * DAY
    if code:
        assert refusal(propose, asked, coordinator, erase_on=day) == (code,)
    else:
        assert propose(asked, coordinator, erase_on=day).erase_on == day


def test_an_answer_that_comes_after_its_day_needs_another_day(scene: Scene, coordinator: User, second: User) -> None:
    proposed = propose(register(closed(scene, coordinator), scene), coordinator)
    RightsRequest.objects.update(erase_on=today())
    assert refusal(decide_answer, request=proposed, agree=True, by=second) == ("day_over",)


def test_an_open_case_is_closed_first(scene: Scene, coordinator: User) -> None:
    case = scene.send().submission.case
    assert case is not None
    asked = register(case, scene)
    assert refusal(propose, asked, coordinator) == ("stopped", "open")
    asked = RightsRequest.objects.get()
    close(case, scene, coordinator)
    assert propose(asked, coordinator).state == "proposed"


def test_a_hold_stops_it_before_and_after_it_was_agreed_to_and_everybody_sees_it(
    scene: Scene, coordinator: User, second: User, client: Client
) -> None:
    case = closed(scene, coordinator)
    decided = agreed(case, scene, coordinator, second)
    place_hold(case=case, words="She testifies.", by=coordinator)
    assert forget_due_cases(today() + 9 * DAY) == 0
    assert Submission.objects.get().answers["story"]
    RightsRequest.objects.update(erase_on=today() - DAY)
    client.force_login(scene.worker)
    page = client.get(f"/field/cases/{case.reference}/rights/{decided.pk}/").content.decode()
    assert "A hold keeps the case" in page
    assert case.reference in client.get("/field/?list=stopped_erasures").content.decode()
    assert [each.pk for each in get_rows(coordinator)["stopped_erasures"]] == [decided.pk]
    assert case in find_forgetting_soon(coordinator).held
    lift(case, coordinator, scene)
    assert forget_due_cases(today()) == 1
    assert not get_rows(coordinator)["stopped_erasures"]


def test_a_hold_that_was_there_before_keeps_it_from_being_proposed(scene: Scene, coordinator: User) -> None:
    case = closed(scene, coordinator)
    asked = register(case, scene)
    place_hold(case=case, words="She testifies.", by=coordinator)
    assert refusal(propose, asked, coordinator) == ("stopped", "held")
    assert propose(RightsRequest.objects.get(), coordinator, outcome="refused", refusal="proceedings").outcome


def test_a_hold_that_came_before_the_second_person_keeps_it_from_being_agreed_to(
    scene: Scene, coordinator: User, second: User
) -> None:
    case = closed(scene, coordinator)
    proposed = propose(register(case, scene), coordinator)
    place_hold(case=case, words="She testifies.", by=coordinator)
    assert refusal(decide_answer, request=proposed, agree=True, by=second) == ("stopped", "held")


def test_whoever_agreed_is_reminded_of_an_erasure_that_something_stops(
    scene: Scene, coordinator: User, second: User, mailoutbox: Any
) -> None:
    case = closed(scene, coordinator)
    decided = agreed(case, scene, coordinator, second)
    User.objects.filter(pk=coordinator.pk).update(email="coordinator@example.org", language="en")
    hand_over(request=decided, to="person", on=today(), words="", by=scene.worker)
    place_hold(case=case, words="She testifies.", by=coordinator)
    mailoutbox.clear()
    at = timezone.now() + 5 * DAY
    assert remind(now=at) == 1
    assert "two people agreed" in mailoutbox[0].body
    assert CANARY not in mailoutbox[0].body
    assert remind(now=at) == 0


@pytest.mark.parametrize("said", ["investigation", "court"])
def test_open_proceedings_stop_it_until_a_form_says_that_they_are_over(
    said: str, scene: Scene, coordinator: User, second: User
) -> None:
    case = closed(scene, coordinator)
    decided = agreed(case, scene, coordinator, second)
    form = Submission.objects.get()
    form.answers = {**form.answers, "proceeding": said}
    form.save(update_fields=["answers"])
    assert forget_due_cases(today() + 3 * DAY) == 0
    call_off_erasure(request=decided, by=scene.worker, words="It is at court.")
    decided.refresh_from_db()
    assert refusal(propose, decided, coordinator) == ("stopped", "proceedings")
    form.answers = {**form.answers, "proceeding": "ended"}
    form.save(update_fields=["answers"])
    decided.refresh_from_db()
    assert propose(decided, coordinator).state == "proposed"


def test_an_office_that_opened_proceedings_stops_it_until_a_later_form_says_otherwise(
    scene: Scene, coordinator: User
) -> None:
    case = closed(scene, coordinator)
    asked = register(case, scene)
    notice = Notice.objects.filter(case_id=case.pk).first()
    assert notice is not None
    Reply.objects.create(notice=notice, kind=ReplyKind.OUTCOME, reason="proceedings_opened", at=timezone.now())
    assert refusal(propose, asked, coordinator) == ("stopped", "proceedings")
    form = Submission.objects.get()
    form.answers, form.occurred_at = {**form.answers, "proceeding": "none"}, timezone.now()
    form.save(update_fields=["answers", "occurred_at"])
    assert propose(RightsRequest.objects.get(), coordinator).state == "proposed"


def test_a_case_that_was_opened_again_is_not_erased_by_what_was_agreed_before(
    scene: Scene, coordinator: User, second: User
) -> None:
    case = closed(scene, coordinator)
    decided = agreed(case, scene, coordinator, second)
    reopen_case(case=case, reason="new_risk", by=scene.worker)
    assert forget_due_cases(today() + 9 * DAY) == 0
    close(case, scene, coordinator)
    assert forget_due_cases(today() + 9 * DAY) == 0, "something may have come in that nobody decided about"
    assert not due_cases(today() + 9 * DAY).exists()
    assert find_stops(RightsRequest.objects.get()) == ["reopened"]
    call_off_erasure(request=decided, by=scene.worker, words="She came again.")
    decided.refresh_from_db()
    assert (decided.state, decided.erase_on, decided.document) == ("open", None, None)
    decide_answer(request=propose(decided, coordinator), agree=True, by=second)
    assert forget_due_cases(today() + 3 * DAY) == 1


def test_a_form_that_comes_in_after_it_was_agreed_to_stops_it(scene: Scene, coordinator: User, second: User) -> None:
    case = closed(scene, coordinator)
    agreed(case, scene, coordinator, second)
    scene.follow(case.reference)
    assert forget_due_cases(today() + 9 * DAY) == 0
    assert not Case.objects.get(pk=case.pk).forgotten_at


def test_another_request_or_a_breach_stops_it(scene: Scene, coordinator: User, second: User) -> None:
    case = closed(scene, coordinator)
    agreed(case, scene, coordinator, second)
    other = register(case, scene, "access")
    assert refusal(register, case, scene) == ("asked_already",)
    assert forget_due_cases(today() + 9 * DAY) == 0
    withdraw_request(request=other, by=scene.worker)
    breach = duty(case, "data_breach")
    assert forget_due_cases(today() + 9 * DAY) == 0
    breach.delete()
    assert forget_due_cases(today() + 9 * DAY) == 1


def duty(case: Case, key: str) -> Deadline:
    now, event = timezone.now(), case.events.earliest("at")
    return Deadline.objects.create(
        case=case, event=event, key=key, label={"en": key}, starts_at=now, breach_at=now + 30 * DAY
    )


def test_calling_off_needs_words_and_whoever_may_ask_and_is_over_when_it_is_done(
    scene: Scene, coordinator: User, second: User
) -> None:
    decided = agreed(closed(scene, coordinator), scene, coordinator, second)
    assert refusal(call_off_erasure, request=decided, by=scene.worker, words=" ") == ("no_words",)
    stranger = make_coordinator(make_place("lezhe", "Lezhë"))
    assert refusal(call_off_erasure, request=decided, by=stranger, words="No.") == ("not_allowed",)
    assert forget_due_cases(today() + 3 * DAY) == 1
    assert refusal(call_off_erasure, request=decided, by=scene.worker, words="Too late.") == ("forgotten",)


# ---- what a form says ----


@pytest.fixture
def asked_by_rules(scene: Scene) -> None:
    """The shipped form, and a procedure that lets the clock run when it comes in."""
    publish(json.loads((FORMS / "data_protection.json").read_text(encoding="utf-8")))
    written = {**small_procedure(), "settings": {"closed_case_kept": KEPT}}
    marks = deadline(ASKED, amber_minutes=20 * 1440, breach_minutes=30 * 1440)
    written["deadlines"] = {**written["deadlines"], ASKED: {**marks, "owner": "coordinator", "ladder": "quick"}}
    then: list[dict[str, Any]] = [{"do": "attach_case", "case": {"var": "case_ref"}}, {"do": "deadline", "key": ASKED}]
    begin = rule("asked", "Asked", form="data_protection", words="Begins.", then=then)
    written["rules"] = [*written["rules"], begin]
    enact(written, since=timezone.now())


def say(scene: Scene, case: Case, *asked: str, state: str = "open") -> Submission:
    """The shipped form, with what the person asks."""
    version = FormVersion.objects.get(form__key="data_protection")
    answers = {
        "case_ref": case.reference,
        "what": "request",
        "asked_for": list(asked),
        "known_on": today().isoformat(),
        "state": state,
    }
    return scene._submit(version, answers).submission


@pytest.mark.usefixtures("asked_by_rules")
def test_delete_in_the_form_leads_to_an_erasure(scene: Scene, coordinator: User, second: User, client: Client) -> None:
    case = scene.send().submission.case
    assert case is not None
    say(scene, case, "delete")
    running = Deadline.objects.get(key=ASKED)
    client.force_login(scene.worker)
    assert "Register what the person asks" in client.get(f"/field/cases/{case.reference}/").content.decode()
    page = client.get(f"/field/cases/{case.reference}/rights/").content.decode()
    assert "To have everything about them erased" in page
    assert re.search(r'value="erasure"[^>]*checked', page)
    case = close(case, scene, coordinator)
    asked = register(case, scene)
    page = client.get(f"/field/cases/{case.reference}/rights/").content.decode()
    assert "not registered yet" not in page
    decide_answer(request=propose(asked, coordinator), agree=True, by=second)
    running.refresh_from_db()
    assert running.met_at is not None, "the person has the answer"
    assert forget_due_cases(today() + 3 * DAY) == 1


@pytest.mark.usefixtures("asked_by_rules")
def test_what_the_same_form_asks_besides_is_registered_and_answered_first(
    scene: Scene, coordinator: User, second: User
) -> None:
    case = scene.send().submission.case
    assert case is not None
    say(scene, case, "see", "delete")
    case = close(case, scene, coordinator)
    asked = register(case, scene)
    assert refusal(propose, asked, coordinator) == ("stopped", "asked")
    access = register(case, scene, "access")
    assert refusal(propose, asked, coordinator) == ("stopped", "requests")
    withdraw_request(request=access, by=scene.worker)
    assert propose(RightsRequest.objects.get(pk=asked.pk), coordinator).state == "proposed"


@pytest.mark.usefixtures("asked_by_rules")
def test_a_form_that_says_that_it_is_dealt_with_asks_for_nothing(scene: Scene) -> None:
    case = scene.send().submission.case
    assert case is not None
    say(scene, case, "delete", "object")
    assert {each.kind for each in list_asked_in_forms(case)} == {"erasure", "objection"}
    say(scene, case, "delete", "object", state="settled")
    assert list_asked_in_forms(case) == []


def test_each_answer_of_the_shipped_form_leads_to_a_kind_there_is() -> None:
    form = json.loads((FORMS / "data_protection.json").read_text(encoding="utf-8"))
    [asked] = [item for item in form["sections"][0]["items"] if item["key"] == "asked_for"]
    kinds = get_erasure_rules()["asked_in_form"]["kinds"]
    assert {choice["value"] for choice in asked["choices"]} == set(kinds)
    assert set(kinds.values()) <= set(RightKind.values)


# ---- the proof ----


def test_what_is_left_is_named_without_its_content_and_looked_at_again(
    scene: Scene, coordinator: User, second: User, committed: Any
) -> None:
    case = closed(scene, coordinator)
    agreed(case, scene, coordinator, second)
    committed(forget_due_cases, today() + 3 * DAY)
    with data_keys.sealing_without_owner():
        late = CaseHold.objects.create(case=case, words=f"{CANARY} late.", placed_by=coordinator)
    orphan = Path(site.ATTACHMENT_DIR) / "aa" / f"{uuid.uuid4()}.sealed"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")
    an_hour_ago = (timezone.now() - timedelta(hours=3)).timestamp()
    os.utime(orphan, (an_hour_ago, an_hour_ago))
    assert prove_erasures(timezone.now()) == 0
    aside = PutAside.objects.get(kind="case.prove_erasure")
    assert CANARY not in str(aside.__dict__)
    assert find_left(Case.objects.get(pk=case.pk))[0] == {"cases_casehold.words": 1, "attachment files": 1}
    assert not AuditEntry.objects.filter(action="rights.erased").exists()
    CaseHold.objects.filter(pk=late.pk).delete()
    orphan.unlink()
    assert prove_erasures(timezone.now() + 2 * DAY) == 1


def test_a_value_that_stands_under_the_destroyed_key_is_found_though_nobody_can_open_it(
    scene: Scene, coordinator: User, second: User, committed: Any
) -> None:
    case = closed(scene, coordinator)
    agreed(case, scene, coordinator, second)
    stored = Submission.objects.values_list("answers", flat=True).get()
    committed(forget_due_cases, today() + 3 * DAY)
    Submission.objects.update(answers=stored)
    assert find_left(Case.objects.get(pk=case.pk))[0] == {"intake_submission.answers": 1}


def test_a_list_that_was_exported_before_is_waited_for(
    scene: Scene, coordinator: User, second: User, committed: Any
) -> None:
    case = closed(scene, coordinator)
    agreed(case, scene, coordinator, second)
    export = AnswerExport.objects.create(form=scene.form.form, by=scene.worker, format="csv", language="en")
    part = ExportPart.objects.create(export=export, number=1, content=f"{CANARY}".encode())
    committed(forget_due_cases, today() + 3 * DAY)
    assert prove_erasures(timezone.now()) == 0
    assert not PutAside.objects.exists()
    part.delete()  # of one with names the row stays, without its file
    assert prove_erasures(timezone.now()) == 1
