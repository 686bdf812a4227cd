"""A file has names only when somebody asks for them with a reason, and many of them only when two agree."""

import csv
import io
import zipfile
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from access.models import User
from approvals.kinds import list_queues
from audit.models import AuditEntry
from tests.world.consents import record_consent
from tests.world.forms import choices, parse_items, publish, question, small_form
from tests.world.places import make_coordinator, make_place
from tests.world.scene import Scene, make_scene

from .. import actions, with_names
from ..actions import run_export, tidy_exports
from ..models import ALONE_WITHIN, KEPT, WAITS, AnswerExport, Decision, Reason
from ..redaction import Identities
from ..selection import Filters, Outgoing
from ..with_names import ask_for_names, decide_on_names

pytestmark = pytest.mark.django_db
NAMED = {"first_name": "Unmistakable", "phone": "+355691234567", "birth_date": "2001-02-03", "age_stated": None}
SECRETS = ("Unmistakable", "691234567", "2001", "What happened")


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    for module in (actions, with_names):
        monkeypatch.setattr(module, "enqueue_bulk", lambda path, argument: None)
    return make_scene()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(user: User, path: str = "", **chosen: str):
    fields = {"form": "small_identification", "format": "csv", "how": "codes", **chosen}
    return client_of(user).post(f"/field/answers/{path}", fields)


def ask(user: User, **chosen: str):
    return post(user, "with-names/", **{"reason": "authority", "words": "Court order 12", **chosen})


def read_tables(content: bytes) -> dict[str, list[dict[str, str]]]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    texts = {name.removesuffix(".csv"): archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    return {name: list(csv.DictReader(io.StringIO(text, newline=""))) for name, text in texts.items()}


def fetched(user: User, export: AnswerExport) -> bytes:
    answer = client_of(user).get(f"/field/answers/{export.pk}/file/")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


# ---- the usual file ----


@pytest.mark.parametrize("how", ["codes", "labels"])
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_usual_file_says_nobodys_name_and_nothing_typed(scene: Scene, how: str, file_format: str) -> None:
    sent = scene.send(**NAMED, story="What happened", companions=[{"companion_name": "Unmistakable too"}])
    content = b"".join(post(make_coordinator(scene.place), how=how, format=file_format).streaming_content)
    if file_format == "csv":
        written = str(read_tables(content))
    else:
        written = str([list(sheet.values) for sheet in load_workbook(io.BytesIO(content))])
    assert sent.submission.case.reference not in written
    assert not [secret for secret in SECRETS if secret in written]
    assert "otential" in written


def test_the_usual_file_has_no_column_for_a_name_and_one_for_what_is_counted(scene: Scene) -> None:
    scene.send(**NAMED, needs=["shelter"])
    [row] = read_tables(b"".join(post(make_coordinator(scene.place)).streaming_content))["small_identification"]
    assert not row.keys() & {"first_name", "phone", "birth_date", "age_stated", "story", "seen_at", "_case"}
    assert (row["result"], row["needs.shelter"]) == ("potential_victim", "1")


def test_what_is_counted_of_the_special_answers_is_in_clear_for_the_coordinator_only(scene: Scene) -> None:
    changed = small_form()
    changed["sections"][1]["items"].append(
        question("exploitation", "select_many", sensitivity="special", choices=choices("labour", "sexual"))
    )
    scene.form = publish(changed)
    scene.send(exploitation=["labour"])

    def exploitation(user: User) -> str:
        [row] = read_tables(b"".join(post(user).streaming_content))["small_identification"]
        return row["exploitation"]

    assert exploitation(make_coordinator(scene.place)) == "labour"
    assert exploitation(scene.worker) == "Not shown to you"


@pytest.mark.parametrize(
    ("stored", "is_countable"),
    [
        ({"type": "select_one", "choices": choices("a", "b"), "sensitivity": "special"}, True),
        ({"type": "select_one", "choices": choices("a", "b"), "sensitivity": ""}, False),
        ({"type": "text", "sensitivity": "public"}, False),
        ({"type": "long_text", "sensitivity": "internal"}, False),
        ({"type": "date", "sensitivity": "personal"}, False),
        ({"type": "date", "sensitivity": "internal"}, True),
        ({"type": "integer"}, False),  # an identity card's number
        ({"type": "integer", "min": 0, "max": 20}, True),
        ({"type": "integer", "min": -5_000_000, "max": 20}, False),
        ({"type": "colleague"}, False),
        ({"type": "session", "sensitivity": "internal"}, False),
        ({"type": "geopoint"}, False),
        ({"type": "phone", "sensitivity": "internal"}, False),
        ({"type": "calculated", "result": "integer", "calculation": 1}, False),
        ({"type": "calculated", "result": "boolean", "calculation": True}, True),
        ({"type": "select_one", "choices": choices("a", "b"), "writes_fact": "first_name"}, False),
        ({"type": "select_one", "choices": choices("a", "b"), "filled_from_fact": "first_name"}, False),
    ],
)
def test_a_column_is_in_the_usual_file_by_the_forms_own_marks_and_none_by_default(
    stored: dict, is_countable: bool
) -> None:
    [item] = parse_items({**question("field", "text"), **stored})
    marks = Identities(frozenset({"first_name"}), frozenset())
    assert marks.is_countable(item, "") is is_countable


def test_a_type_that_says_nothing_is_left_out() -> None:
    marks = Identities(frozenset(), frozenset())
    typed = {"text", "long_text", "other_specify", "phone", "email", "geopoint", "file", "signature"}
    for name in typed | {"case_reference", "datetime", "time", "approximate_date"}:
        [item] = parse_items(question("field", name, sensitivity="public"))
        assert not marks.is_countable(item, ""), name


def test_a_hidden_text_is_in_the_usual_file_only_as_one_of_the_facts_choices(scene: Scene) -> None:
    changed = small_form()
    changed["sections"][1]["items"].append(question("note_of_app", "hidden", default="Unmistakable"))
    scene.form = publish(changed)
    scene.send()
    [row] = read_tables(b"".join(post(make_coordinator(scene.place)).streaming_content))["small_identification"]
    assert row["note_of_app"] == "Not shown to you"


# ---- with names ----


def test_a_few_names_are_one_persons_act_with_a_reason_that_is_recorded(scene: Scene) -> None:
    scene.send(**NAMED)
    coordinator = make_coordinator(scene.place)
    assert ask(coordinator).status_code == 302
    export = AnswerExport.objects.get()
    assert (export.decision, export.words) == (Decision.NONE, {"reason": "Court order 12"})
    run_export(str(export.pk))
    [row] = read_tables(fetched(coordinator, export))["small_identification"]
    assert (row["first_name"], row["birth_date"]) == ("Unmistakable", "2001-02-03")
    export.refresh_from_db()
    assert export.filename.startswith("small_identification-with-names-")
    entry = AuditEntry.objects.get(action="answers.exported")
    assert (entry.actor_id, entry.detail["reason"], entry.detail["submissions"]) == (
        str(coordinator.pk),
        "authority",
        1,
    )
    assert "first_name" in entry.detail["columns"]
    assert not [s for s in (*SECRETS, "Court order") for e in AuditEntry.objects.all() if s in str(e.detail)]


@pytest.mark.parametrize("missing", ["reason", "words"])
def test_without_a_reason_nothing_is_asked_for(scene: Scene, missing: str) -> None:
    scene.send(**NAMED)
    assert ask(make_coordinator(scene.place), **{missing: " "}).status_code == 422
    assert not AnswerExport.objects.exists()


def test_a_worker_who_asks_for_names_sees_no_more_than_before(scene: Scene) -> None:
    scene.send(**NAMED)
    ask(scene.worker)
    export = AnswerExport.objects.get()
    run_export(str(export.pk))
    written = str(read_tables(fetched(scene.worker, export)))
    assert not [secret for secret in SECRETS if secret in written]


@pytest.fixture
def many(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(with_names, "MAX_ALONE", 1)
    scene.send(**NAMED)
    scene.send()
    scene.coordinator = make_coordinator(scene.place)
    ask(scene.coordinator)
    scene.export = AnswerExport.objects.get()
    return scene


def test_many_names_are_not_written_before_another_coordinator_agrees(many: Scene) -> None:
    assert many.export.decision == Decision.WAITING
    run_export(str(many.export.pk))
    tidy_exports(timezone.now() + timedelta(hours=2))
    assert client_of(many.coordinator).get(f"/field/answers/{many.export.pk}/file/").status_code == 302
    assert client_of(many.coordinator).get(f"/field/answers/{many.export.pk}/decide/").status_code == 404
    assert client_of(many.worker).get(f"/field/answers/{many.export.pk}/decide/").status_code == 404
    second = make_coordinator(make_place())
    assert [len(queue.waiting) for queue in list_queues(second)] == [1]
    assert not list_queues(many.coordinator)
    client = client_of(second)
    assert "asks for 2 submissions with names" in client.get("/field/answers/").content.decode()
    page = client.get(f"/field/answers/{many.export.pk}/decide/").content.decode()
    assert "Court order 12" in page
    assert "Unmistakable" not in page
    assert client.post(f"/field/answers/{many.export.pk}/decide/", {"decision": "agree"}).status_code == 302
    run_export(str(many.export.pk))
    assert len(read_tables(fetched(many.coordinator, many.export))["small_identification"]) == 2
    assert client.get(f"/field/answers/{many.export.pk}/file/").status_code == 404
    assert AuditEntry.objects.get(action="answers.exported").detail["agreed_by"] == second.pk


def test_a_refusal_is_shown_with_its_words_and_ends_it(many: Scene) -> None:
    second = make_coordinator(many.place)
    client_of(second).post(f"/field/answers/{many.export.pk}/decide/", {"decision": "refuse", "words": "Ask for fewer"})
    run_export(str(many.export.pk))
    page = client_of(many.coordinator).get(f"/field/answers/{many.export.pk}/").content.decode()
    assert "Ask for fewer" in page
    many.export.refresh_from_db()
    assert (many.export.state, many.export.parts.count()) == ("refused", 0)
    with pytest.raises(ValidationError):
        decide_on_names(export=many.export, agree=True, by=second)


def test_many_small_files_count_as_a_large_one(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.send(**NAMED)
    monkeypatch.setattr(with_names, "MAX_ALONE", 2)
    coordinator = make_coordinator(scene.place)
    for _time in range(3):
        ask(coordinator)
    waiting = AnswerExport.objects.filter(decision=Decision.WAITING)
    assert waiting.count() == 1
    post(coordinator, f"{AnswerExport.objects.exclude(pk=waiting.get().pk)[0].pk}/drop/")
    ask(coordinator)
    assert waiting.count() == 2
    AnswerExport.objects.update(created_at=timezone.now() - ALONE_WITHIN - timedelta(days=1))
    ask(coordinator)
    assert waiting.count() == 2


def test_what_was_agreed_to_does_not_grow(many: Scene) -> None:
    decide_on_names(export=many.export, agree=True, by=make_coordinator(many.place))
    many.send(first_name="Later")
    run_export(str(many.export.pk))
    written = read_tables(fetched(many.coordinator, many.export))
    assert len(written["small_identification"]) == 2
    AnswerExport.objects.update(ready_at=None, total=1)
    run_export(str(many.export.pk))
    many.export.refresh_from_db()
    assert (many.export.state, many.export.failed) == ("failed", "MoreThanAgreed")


def test_the_database_refuses_names_that_one_person_took_or_agreed_to_alone(many: Scene) -> None:
    row = AnswerExport.objects.filter(pk=many.export.pk)
    now = timezone.now()
    for wrong in (
        {"ready_at": now},
        {"ready_at": now, "decision": "", "total": 21},
        {"decision": "agreed", "decided_by": many.coordinator, "decided_at": now},
        {"decision": "agreed"},
        {"reason": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**wrong)


def test_the_file_goes_after_hours_and_who_took_it_is_known_for_a_year(scene: Scene) -> None:
    scene.send(**NAMED)
    coordinator = make_coordinator(scene.place)
    ask(coordinator)
    export = AnswerExport.objects.get()
    run_export(str(export.pk))
    assert tidy_exports(export.expires_at) == 1
    assert (export.parts.count(), AnswerExport.objects.count()) == (0, 1)
    assert tidy_exports(export.expires_at) == 0
    assert tidy_exports(export.expires_at + KEPT) == 1
    assert not AnswerExport.objects.exists()


def test_a_request_that_nobody_decides_about_ends(many: Scene) -> None:
    second = make_coordinator(many.place)
    AnswerExport.objects.update(expires_at=timezone.now())
    assert client_of(second).get(f"/field/answers/{many.export.pk}/decide/").status_code == 404
    assert many.export.expires_at - many.export.created_at == WAITS
    page = client_of(many.coordinator).get(f"/field/answers/{many.export.pk}/").content.decode()
    assert "This file was deleted" in page


def test_two_requests_of_one_moment_count_each_other_under_a_lock(scene: Scene, django_assert_max_num_queries) -> None:
    scene.send(**NAMED)
    outgoing = Outgoing(scene.form.form, make_coordinator(scene.place), Filters(), "en", labels=False, with_names=True)
    export = ask_for_names(outgoing=outgoing, format="csv", reason=Reason.CHECK, words="x")
    assert AnswerExport.objects.taken_alone(export.by, export.created_at - timedelta(seconds=1)) == 1


# ---- no to statistics ----


def test_the_usual_file_has_nobody_who_said_no_to_statistics_and_one_with_names_has(scene: Scene) -> None:
    coordinator = make_coordinator(scene.place)
    kept, no = scene.send(age_stated=33).submission, scene.send(age_stated=44).submission
    record_consent(no.case, purpose="statistics", answer="refused")
    for names, expected in ((False, {kept}), (True, {kept, no})):
        outgoing = Outgoing(kept.form_version.form, coordinator, Filters(), "en", labels=False, with_names=names)
        assert set(outgoing.submissions()) == expected
    written = str(read_tables(b"".join(post(coordinator).streaming_content)))
    assert str(kept.pk) in written
    assert str(no.pk) not in written


def test_a_file_that_lies_ready_is_made_anew_when_somebody_says_no_to_statistics(scene: Scene) -> None:
    coordinator = make_coordinator(scene.place)
    sent = scene.send().submission
    outgoing = Outgoing(sent.form_version.form, coordinator, Filters(), "en", labels=False)
    export = actions.request_export(outgoing=outgoing, format="csv", count=1)
    run_export(str(export.pk))
    export.refresh_from_db()
    assert not actions.is_outdated(export)
    record_consent(sent.case, purpose="statistics", answer="withdrawn")
    assert actions.is_outdated(export)
    with pytest.raises(actions.NotReady):
        actions.fetch_export(export=export, by=coordinator)
