"""The register of breaches is only added to and reminds in time; the record of processing says what changed."""

import copy
import io
import json
from datetime import timedelta

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.utils import timezone, translation

from access.models import StaffRole
from access.staff.groups import follow_roles
from audit.models import AuditEntry
from case_forms.accountability import breaches
from case_forms.accountability.at_approval import RecordOfForms
from case_forms.accountability.breaches import Written, add_entry, open_breach, send_due
from case_forms.accountability.differences import list_differences
from case_forms.accountability.models import Breach, BreachEntry, ProcessingSnapshot
from case_forms.accountability.record import build_record, compute_sha, count_risks
from case_forms.accountability.snapshots import take_snapshot
from case_forms.form_builder.definition import parse_form
from case_forms.submissions.seeding.reference import seed_groups
from tests.world.forms import publish, small_form
from tests.world.places import make_place, make_user
from tests.world.scene import make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(db):
    seed_groups()
    region = make_place("vlore", "Vlorë").region
    made = make_user(StaffRole.COORDINATOR, username="keeper", region=region, email="keeper@vatra.test")
    follow_roles(made)
    return made


def written(**more):
    given = {
        "kinds": ["loss"],
        "categories": ["identity", "special"],
        "people": None,
        "decision": "open",
        "notified_at": None,
        "told": "open",
        "what": "Kanarina: a phone was left on a bus.",
    }
    return Written(**{**given, **more})


# ---- breaches


def test_a_breach_gets_a_number_and_72_hours(keeper):
    known_at = timezone.now() - timedelta(hours=2)
    first = open_breach(known_at=known_at, written=written(), by=keeper)
    second = open_breach(known_at=known_at, written=written(), by=keeper)
    assert (first.number, second.number) == (1, 2)
    assert first.due_at == known_at + timedelta(hours=72)
    assert first.next_reminder_at == known_at + timedelta(hours=24)


def test_what_was_written_is_never_changed_and_a_correction_is_added(keeper):
    breach = open_breach(known_at=timezone.now(), written=written(), by=keeper)
    add_entry(breach=breach, written=written(people=12, what="It was locked."), by=keeper)
    newest, before = breach.entries.all()
    assert newest.people == 12
    assert before.words["what"].startswith("Kanarina")
    with pytest.raises(DatabaseError), transaction.atomic():
        BreachEntry.objects.filter(pk=before.pk).update(people=1)
    assert "Kanarina" not in str(list(BreachEntry.objects.values_list("words", flat=True)))
    assert "Kanarina" not in str(list(AuditEntry.objects.values_list("detail", flat=True)))


def test_it_reminds_until_it_is_decided_about_and_quotes_nothing(keeper):
    now = timezone.now()
    breach = open_breach(known_at=now, written=written(), by=keeper)
    assert send_due(now=now + timedelta(minutes=30)) == 0
    assert send_due(now=now + timedelta(hours=1, minutes=1)) == 1
    assert send_due(now=now + timedelta(hours=1, minutes=2)) == 0
    assert [message.to for message in mail.outbox] == [["keeper@vatra.test"]]
    assert "Kanarina" not in mail.outbox[0].body
    assert send_due(now=now + timedelta(hours=80)) == 1
    assert send_due(now=now + timedelta(hours=105)) == 1, "and every day after the 72 hours"
    decided = written(decision="notified", notified_at=now, told="not_safe", reason="He reads her phone.")
    add_entry(breach=breach, written=decided, by=keeper)
    assert send_due(now=now + timedelta(hours=300)) == 0


def test_of_two_workers_one_reminds_and_what_no_server_took_is_tried_again(keeper, monkeypatch):
    now = timezone.now()
    open_breach(known_at=now, written=written(), by=keeper)
    due, honest = now + timedelta(hours=2), breaches._send
    monkeypatch.setattr(breaches, "_send", lambda *sent: send_due(now=due) > 0)  # the second comes meanwhile
    assert send_due(now=due) == 0
    monkeypatch.setattr(breaches, "_send", honest)
    assert [send_due(now=due + timedelta(minutes=minutes)) for minutes in (14, 16, 17)] == [0, 1, 0]


def test_a_notice_to_the_commissioner_alone_leaves_the_question_of_the_persons_open(keeper):
    now = timezone.now()
    breach = open_breach(known_at=now, written=written(), by=keeper)
    add_entry(breach=breach, written=written(decision="notified", notified_at=now), by=keeper)
    assert Breach.objects.get().next_reminder_at is not None


def test_the_register_through_its_pages(keeper, client):
    client.force_login(keeper)
    assert client.get("/cms/breaches/").status_code == 200
    wrong = client.post("/cms/breaches/", {"what": "x", "decision": "notified", "told": "not_safe"})
    assert wrong.status_code == 422
    text = wrong.content.decode()
    for name in ("known_at", "kinds", "categories", "notified_at", "reason"):
        assert f"id_{name}_error" in text, name
    sent = {
        "known_at": (timezone.localtime() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        "what": "A phone was left on a bus.",
        "kinds": ["loss"],
        "categories": ["identity"],
        "decision": "open",
        "told": "open",
    }
    here = client.post("/cms/breaches/", sent)["Location"]
    assert client.get(here).status_code == 200
    assert client.post(here, {**sent, "people": "3", "measures": "Wiped from afar."}).status_code == 302
    assert "Wiped from afar." in client.get(here).content.decode()
    paper = client.get("/cms/breaches/register.pdf")
    from pypdf import PdfReader

    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    assert "A phone was left on a bus." in words
    assert AuditEntry.objects.filter(action="breach.exported").count() == 1


def test_a_register_too_long_for_one_paper_comes_in_parts_and_each_says_so(keeper, client, monkeypatch):
    from pypdf import PdfReader

    from case_forms.accountability import views

    client.force_login(keeper)
    for number in range(3):
        open_breach(known_at=timezone.now(), written=written(what=f"Breach {number}."), by=keeper)
    one = client.get("/cms/breaches/register.pdf")
    assert one["Content-Disposition"] == 'attachment; filename="breaches.pdf"'
    monkeypatch.setattr(views, "ON_PAPER", 2)
    page = client.get("/cms/breaches/").content.decode()
    assert "register.pdf?part=1" in page
    assert "register.pdf?part=2" in page
    found = ""
    for part in (1, 2):
        paper = client.get(f"/cms/breaches/register.pdf?part={part}")
        words = " ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(paper.content)).pages)
        assert paper["Content-Disposition"] == f'attachment; filename="breaches-{part}.pdf"'
        assert f"Part {part} of 2" in " ".join(words.split()) or f"Pjesa {part} nga 2" in " ".join(words.split())
        found += words
    assert all(f"Breach {number}." in found for number in range(3))


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.AUDITOR])
def test_nobody_else_reads_the_register(client, role):
    client.force_login(make_user(role, username="other"))
    assert client.get("/cms/breaches/").status_code in (302, 403, 404)
    assert client.get("/cms/processing/").status_code in (302, 403, 404)


# ---- the record of processing


@pytest.fixture
def scene(db):
    return make_scene()


def with_health():
    definition = small_form()
    definition["sections"][0]["items"].append(
        {
            "item": "question",
            "key": "illness",
            "type": "text",
            "label": {"sq": "Sëmundja", "en": "Illness"},
            "sensitivity": "special",
            "keep_for": 36,
            "keep_basis": "health",
            "shared_with": {"health": True},
        }
    )
    return definition


def test_the_same_configuration_gives_the_same_record_in_every_language(scene):
    with translation.override("sq"):
        first = build_record()
    with translation.override("en"):
        second = build_record()
    assert compute_sha(first) == compute_sha(second)
    assert json.loads(json.dumps(first)) == first, "it survives being stored"


def test_a_new_question_with_health_data_is_said_before_it_is_published(scene):
    before, after = parse_form(small_form()), parse_form(with_health())
    found = RecordOfForms().in_motion("small", before, after, "en").cautions
    (line,) = [words for words in found if "Illness" in words]
    assert "special category" in line
    assert "36 months" in line
    assert "health" in line
    assert not RecordOfForms().in_motion("small", before, before, "en").cautions


def test_each_publication_is_listed_after_with_what_changed(scene, django_capture_on_commit_callbacks):
    assert take_snapshot() is not None
    assert take_snapshot() is None, "nothing has changed"
    with django_capture_on_commit_callbacks(execute=True):
        publish(with_health())
    newest, before = ProcessingSnapshot.objects.all()
    with translation.override("en"):
        changes = list_differences(before.content, newest.content)
    assert any("Illness" in words for words in changes)
    assert newest.sha256 == compute_sha(newest.content)


def test_every_kind_of_change_of_a_question_is_said(scene):
    publish(with_health())
    old = build_record()
    new = copy.deepcopy(old)
    (key,) = [key for key, form in new["forms"].items() if "illness" in form["questions"]]
    question = new["forms"][key]["questions"]["illness"]
    question |= {"sensitivity": "personal", "months": None, "basis": "", "receivers": {"police": "always"}}
    with translation.override("en"):
        said = list_differences(old, new)
    assert len(said) == 4
    assert any("as long as the case" in words for words in said)
    assert any("goes now to" in words for words in said)
    assert any("no longer goes to" in words for words in said)


def test_a_rule_that_notifies_somebody_else_is_said(scene):
    old = build_record()
    new = copy.deepcopy(old)
    rule = next(rule for rule in new["procedure"]["rules"].values() if rule["does"])
    rule["does"] = ["notify embassy_desk"]
    with translation.override("en"):
        (said,) = list_differences(old, new)
    assert "does something else" in said


def test_what_nobody_has_decided_is_counted(scene):
    publish(with_health())
    risks = count_risks(build_record())
    assert risks["special_shared"] >= 1
    assert risks["without_term"] > 0, "the small form says no terms"
    assert risks["proposed_terms"] == 1


def test_the_record_through_its_pages(scene, keeper, client):
    take_snapshot()
    client.force_login(keeper)
    page = client.get("/cms/processing/")
    assert page.status_code == 200
    assert ProcessingSnapshot.objects.count() == 1
    got = client.get("/cms/processing/record.json").json()
    assert got["format"] == 2
    assert got["sha256"] == compute_sha(build_record())
    paper = client.get("/cms/processing/record.pdf")
    assert paper.content.startswith(b"%PDF")
    assert client.get("/cms/processing/record.xml").status_code == 404


def test_the_record_is_in_albanian_on_the_albanian_page_its_sources_included(scene, keeper, client):
    client.force_login(keeper)
    for language, there, elsewhere in (("sq", "Ligji 124/2024", "Law 124/2024"), ("en", "Law 124/2024", "Ligji")):
        keeper.language = language
        keeper.save()
        client.cookies.clear()
        client.force_login(keeper)
        text = client.get("/cms/processing/").content.decode()
        assert there in text
        assert elsewhere not in text
    record = build_record()
    written = [
        *(each[part] for each in record["bases"].values() for part in ("label", "why", "source")),
        *(rule["source"] for rule in record["sharing"].values() if rule["source"]),
    ]
    assert written
    assert all(set(texts) == {"sq", "en"} and texts["sq"] != texts["en"] for texts in written)
