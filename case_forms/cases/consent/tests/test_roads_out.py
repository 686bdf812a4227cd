"""Whatever leaves the system passes the gate: each place that writes a file, a PDF or an API's answer is named here.

A new one fails this test until somebody has said on which road it leaves, and that road asks the gate.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import User
from case_forms.devices.api.urls import api
from case_forms.submissions.exports.actions import fetch_export, request_export, run_export
from case_forms.submissions.exports.models import AnswerExport
from case_forms.submissions.exports.selection import Filters, Outgoing
from tests.world.places import make_coordinator
from tests.world.scene import Scene, make_scene

from ...documents.actions import order_document, produce
from ...documents.content import CannotMake
from ...documents.models import CaseDocument
from ...models import Case
from ..gate import NO_RULE, RESTRICTED, may_leave
from ..rules import get_rules

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[4]
ROOMS = ("case_forms", "notifications", "outreach_pages", "content", "site")
# By which a module lets something out, other than a page: files, PDFs, what another program reads.
MARKS = re.compile(
    r"Content-Disposition|StreamingHttpResponse\(|FileResponse\(|\bto_pdf\(|xlsx_pieces\(|zip_pieces\(|iter_csv\("
    r"|text/calendar|@api\.get|@api\.post|@router\.|httpx\.|httpcore\.Conn|smtplib|EmailMultiAlternatives\(|send_staff_mail\("
)
# What a phone reads that stores (case_forms.devices): its pack asks the gate for each case that it takes along.
# Kits and sessions are nobody's case.
OF_PHONES = {
    "/device-pack", "/device-kits/{version}", "/device-sessions/{session_id}", "/device-session-plan",
    "/sealed-submissions/{uuid}",
}  # fmt: skip
# Where the gate is asked: {module: (the module that asks, the question)}.
GATED = {
    "case_forms/submissions/exports/actions.py": ("case_forms/submissions/exports/actions.py", "may_leave"),
    "case_forms/submissions/exports/views.py": ("case_forms/submissions/exports/redaction.py", "may_leave"),
    "case_forms/cases/registers/exporting.py": ("case_forms/cases/registers/exporting.py", "may_leave"),
    "case_forms/cases/documents/content.py": ("case_forms/cases/documents/content.py", "may_leave"),
    "case_forms/cases/documents/views.py": ("case_forms/cases/documents/views.py", "check_may_leave"),
    "case_forms/cases/rights/document.py": ("case_forms/cases/rights/views.py", "may_leave"),
    "case_forms/cases/rights/views.py": ("case_forms/cases/rights/views.py", "may_leave"),
    "case_forms/submissions/views/attachments.py": ("case_forms/submissions/views/attachments.py", "may_leave"),
    "case_forms/devices/api/endpoints.py": ("case_forms/devices/road.py", "may_leave"),
    "case_forms/devices/draft_api.py": ("case_forms/devices/taking.py", "may_leave"),
    "case_forms/submissions/field_api/endpoints.py": ("case_forms/submissions/field_api/endpoints.py", "may_leave"),
    # Of a notice: when it is created, and each time its link is opened or it is sent on.
    "notifications/briefs/documents.py": ("notifications/briefs/links.py", "may_be_read"),
    "notifications/briefs/views.py": ("notifications/briefs/links.py", "may_be_read"),
}
# Nothing of a case goes out there.
WITHOUT_A_CASE = {
    "case_forms/accountability/paper.py": "the record of processing: what is stored and why, of nobody",
    "case_forms/accountability/views.py": "the record of processing",
    "case_forms/form_builder/versions.py": "a form's definition",
    "case_forms/form_builder/transfer.py": "a form's definition",
    "case_forms/devices/form_package_api.py": "a form in which nothing is typed, with what its worker may choose",
    "case_forms/devices/kit_package_api.py": "what a session is held with",
    "case_forms/devices/session_package_api.py": "a session's plan and its record, of which nobody is named",
    "case_forms/submissions/field_api/attachments.py": "takes a file in, and answers with its id",
    "case_forms/tip_pages/api/endpoints.py": "what a unit answered to a tip, to whoever holds its receipt",
    "case_forms/tip_pages/api/session_requests.py": "how far a request for a session is, to whoever holds its receipt",
    "content/media_files/ranges.py": "public recordings",
    "content/printables/views.py": "public papers",
    "content/review/mails.py": "a page's title, and what an editor wrote about it",
    "notifications/briefs/agreement_views.py": "the register of agreements; codes and times of notices, of no case",
    "notifications/directory/agreements/views.py": "the signed document of an agreement with an office",
    "notifications/briefs/pin_card.py": "the card of a contact's PIN",
    "notifications/briefs/sample_paper.py": "a paper about an invented case, to see its words on",
    "notifications/text_pages/views.py": "that paper",
    "notifications/directory/filling/forms.py": "takes a calendar in",
    "outreach_pages/kits/views.py": "session materials as papers and as a zip; words that editors published, of nobody",
    "notifications/directory/own_duty/calendar.py": "one person's own shifts, without a case",
    "notifications/directory/own_duty/views.py": "the same, behind a secret address",
    "notifications/silence/views.py": "counts and times of institutions, of no case",
    "outreach_pages/cards/api.py": "what a session's card says, and its questions",
    "outreach_pages/cards/staff_views.py": "papers of an informative session",
    "outreach_pages/records/ical.py": "moments of sessions and of duties, without a word about whose",
    "outreach_pages/records/statistics.py": "numbers of sessions",
    "outreach_pages/records/views/calendar.py": "the same moments",
    "outreach_pages/records/views/statistics.py": "numbers of sessions",
    "site/access/csv_files.py": "writes whatever rows it is given",
    "site/access/table_files.py": "writes whatever rows it is given",
}
# Sends what `create_notice` has let pass; that every caller asks is held in `test_roads`.
SENDS_NOTICES = (
    "notifications/channels/email.py",
    "notifications/channels/encrypted_mail.py",
    "notifications/channels/gateways/client.py",
    "notifications/channels/outgoing_http.py",
    "notifications/channels/smtp.py",
)
# Letters that say that something waits, and never what: a code, a count, a day.
MAILS_WITHOUT_CONTENT = {
    "case_forms/accountability/breaches.py": "a breach's clock",
    "case_forms/cases/rights/reminders.py": "an answer to a person is due",
    "case_forms/devices/alarms.py": "somebody will call: who and where isn't in it",
    "case_forms/devices/silence.py": "a phone isn't seen any more: whose isn't in it",
    "case_forms/devices/returned.py": "an urgent form waits as a draft: whose isn't in it",
    "case_forms/submissions/drafts/ending.py": "a draft ends soon",
    "content/review/news.py": "pages to look over",
    "notifications/briefs/pin_alarm.py": "wrong PINs",
    "notifications/directory/changes/mails.py": "a contact was changed",
    "notifications/drills/watch.py": "a drill went wrong, without where",
    "notifications/directory/own_duty/mails.py": "when somebody's own duty begins, and that something was asked for",
    "notifications/directory/ways/phones.py": "a phone was added",
    "notifications/outbox/bounces/actions.py": "an address doesn't work",
    "site/config/management/commands/test_mail.py": "two sentences that say they are a test",
    "notifications/escalation/rounds.py": "the record's chain, how much a roster lacks, and that a backup failed",
    "notifications/outbox/alarm.py": "notices that don't go out",
    "outreach_pages/records/phones/ending.py": "a record from a phone waits: of which session isn't in it",
    "site/access/staff/mails.py": "accounts",
    "site/access/staff_mail.py": "what its callers write, each of them named here",
}


def iter_modules() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/tests/" not in name and "/migrations/" not in name:
                yield name, path.read_text(encoding="utf-8")


def calls_in(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            found.add(node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
    return found


def test_every_place_by_which_something_leaves_is_named_here() -> None:
    leaving = {name for name, source in iter_modules() if MARKS.search(source)}
    named = set(GATED) | set(WITHOUT_A_CASE) | set(SENDS_NOTICES) | set(MAILS_WITHOUT_CONTENT)
    assert (leaving - named, named - leaving) == (set(), set())


@pytest.mark.parametrize("road", sorted(GATED))
def test_each_of_them_asks_the_gate(road: str) -> None:
    asking, question = GATED[road]
    assert question in calls_in((ROOT / asking).read_text(encoding="utf-8"))


def test_every_road_that_is_asked_about_stands_in_the_rules_and_every_rule_is_asked_for() -> None:
    rules = {name for name, rule in get_rules()["roads"].items() if isinstance(rule, dict)}
    written = {name for name, _source in iter_modules()}
    asked = set()
    for name in sorted({asking for asking, question in GATED.values() if question != "may_be_read"} & written):
        text = (ROOT / name).read_text(encoding="utf-8")
        asked |= {road for road in rules if f'"{road}"' in text}
    assert asked == rules


def test_the_field_api_has_one_answer_about_a_case() -> None:
    schema: Any = api.get_openapi_schema(path_prefix="")
    reading = {path for path, operations in schema["paths"].items() if "get" in operations}
    assert {path for path in reading if "forms" not in path} == {"/cases/{reference}", *OF_PHONES}


def test_a_road_without_a_rule_lets_nothing_out() -> None:
    verdict = may_leave(None, "by_pigeon")
    assert (verdict.is_allowed, verdict.code) == (False, NO_RULE)


# ---- what the gate says holds on each road ----


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def case(scene: Scene) -> Case:
    found = scene.send(story="Kanarina foli.", weight=61.5).submission.case
    assert found is not None
    return found


@pytest.fixture
def coordinator(scene: Scene) -> User:
    return make_coordinator(scene.place)


def restrict(case: Case) -> None:
    """Let the person have asked that their data aren't used."""
    Case.objects.filter(pk=case.pk).update(restricted_at=timezone.now())
    case.refresh_from_db()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def export(user: User) -> str:
    answer: Any = client_of(user).post(
        "/field/answers/", {"form": "small_identification", "format": "csv", "how": "codes"}
    )
    return b"".join(answer.streaming_content).decode("utf-8-sig", errors="replace")


def outgoing(scene: Scene, user: User) -> Outgoing:
    return Outgoing(scene.form.form, user, Filters(), "en", labels=False, with_names=True)


def written(scene: Scene, user: User) -> AnswerExport:
    made = request_export(outgoing=outgoing(scene, user), format="csv", count=1)
    run_export(str(made.pk))
    made.refresh_from_db()
    assert made.state == "ready"
    return made


def test_answers_of_a_restricted_case_are_in_no_export(scene: Scene, case: Case, coordinator: User) -> None:
    def shown() -> str:
        return str([list(sheet.rows) for sheet in outgoing(scene, coordinator).sheets()])

    assert "61.5" in shown()
    restrict(case)
    assert "61.5" not in shown()
    assert "Not shown to you" in shown()


def test_a_large_file_that_was_written_before_is_not_fetched_any_more(
    scene: Scene, case: Case, coordinator: User
) -> None:
    made = written(scene, coordinator)
    assert b"".join(fetch_export(export=made, by=coordinator))
    restrict(case)
    answer = client_of(coordinator).get(f"/field/answers/{made.pk}/file/")
    assert answer.status_code == 302
    made.refresh_from_db()
    assert (made.state, made.failed, made.parts.count()) == ("failed", "restricted", 0)


def test_our_own_documents_of_a_restricted_case_are_neither_made_nor_read(scene: Scene, case: Case) -> None:
    made = produce(case=case, kind="identification", by=scene.worker)
    path = f"/field/cases/{case.reference}/documents/{made.pk}/"
    assert client_of(scene.worker).get(path).status_code == 200
    restrict(case)
    refused = client_of(scene.worker).get(path)
    assert refused.status_code == 409
    assert refused["Content-Type"].startswith("text/html")
    with pytest.raises(CannotMake, match="restricted"):
        produce(case=case, kind="summary", by=scene.worker)


def test_what_a_rule_ordered_before_is_not_made_after(scene: Scene, case: Case) -> None:
    from ...documents.actions import make

    ordered = order_document(case=case, kind="summary", language="sq")
    restrict(case)
    assert not make(ordered.pk)
    assert CaseDocument.objects.get(pk=ordered.pk).failed_code == "restricted"


def test_the_police_s_paper_is_a_legal_duty_and_is_printed_all_the_same(scene: Scene, case: Case) -> None:
    restrict(case)
    assert produce(case=case, kind="police", by=scene.worker).made_at is not None


def test_the_unit_s_app_goes_on_and_is_told_of_the_restriction(scene: Scene, case: Case) -> None:
    path = f"/api/field/v1/cases/{case.reference}"
    assert Client().get(path, **scene.bearer()).json()["restricted_at"] is None
    restrict(case)
    assert Client().get(path, **scene.bearer()).json()["restricted_at"] is not None


def test_the_verdict_says_why_in_both_languages(case: Case) -> None:
    restrict(case)
    verdict = may_leave(case, "answers_export")
    assert (verdict.is_allowed, verdict.code, set(verdict.words)) == (False, RESTRICTED, {"sq", "en"})
    assert may_leave(case, "pocket_card").is_allowed
