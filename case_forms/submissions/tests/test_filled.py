"""Forms that begin with what is known: shown as such, confirmed or changed, and never passed off as answered."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from case_forms.cases.facts.for_rules import get_known_for_rules, keys_read
from case_forms.cases.facts.models import CaseFact
from case_forms.cases.facts.reading import get_known, get_known_values
from case_forms.cases.models import Case
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.tests.samples import form, question, section
from case_forms.procedures.decide import Event, decide
from case_forms.procedures.definition import parse_procedure
from notifications.outbox.models import Notice
from tests.world.consents import record_consent

from ..models import Draft, Submission
from .page import Page, follow
from .test_facts import FOLLOWED, IDENTIFIED, NOW, case, send, worker  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db
REFERRAL: dict[str, Any] = {
    "to_org": "vatra-strehimi",
    "service": ["shelter"],
    "reason": "Kërkon strehim.",
    "consent_basis": "consent_form",
    "content_shared": ["name", "age_and_gender", "language"],
}


@pytest.fixture
def me(worker: User, client: Client) -> Client:  # noqa: F811
    client.force_login(worker)
    return client


def begin(client: Client, case: Case, form_key: str = "referral") -> tuple[Draft, Page]:  # noqa: F811
    if form_key == "referral":
        record_consent(case, partner=REFERRAL["to_org"])
    answer = client.post(f"/field/forms/{form_key}/start/", {"case": case.reference})
    page = follow(client, answer)
    return Draft.objects.latest("started_at"), page


def section_about_the_person(client: Client, draft: Draft, **answers: Any) -> Page:
    """The first section with something that was filled in."""
    draft.answers = {**draft.answers, **REFERRAL, **answers}
    draft.save()
    for each in draft.form_version.parsed_form.sections:
        answer = client.get(f"/field/drafts/{draft.pk}/{each.key}/")
        page = Page(client, answer) if answer.status_code == 200 else None
        if page is not None and page.soup.select_one("#known"):
            return page
    raise AssertionError("nothing was filled in")


def submit(client: Client, draft: Draft) -> Page:
    """Send the draft from its review page, which is returned."""
    review = Page(client, client.get(f"/field/drafts/{draft.pk}/"))
    given = {"looked_over": review.fields_of("looked_over"), "confirmed": ["consent_form_missing"]}
    answer = client.post(f"/field/drafts/{draft.pk}/", given)
    assert answer.status_code == 302, Page(client, answer).words()
    return review


def test_the_referral_asks_nothing_twice_and_says_where_it_has_it_from(case: Case, me: Client) -> None:  # noqa: F811
    draft, _page = begin(me, case)
    filled = {"first_name": "Ela", "language": "sq", "gender": "female", "age_group": "adult"}
    assert {key: draft.answers[key] for key in filled} == filled
    assert AuditEntry.objects.filter(action="case.facts_read", target_id=str(case.pk)).count() == 1
    page = section_about_the_person(me, draft)
    assert page.soup.select("#q-first_name-known"), "beside the question, not only somewhere on the page"
    described = page.soup.select_one("#q-first_name")
    assert described is not None
    assert "q-first_name-known" in str(described.get("aria-describedby"))
    assert not page.soup.select("#known[checked]"), "nobody has asked yet"


def test_what_is_changed_is_an_answer_and_what_is_not_confirmed_is_sent_as_not_asked_again(
    case: Case,  # noqa: F811
    me: Client,
) -> None:
    draft, _page = begin(me, case)
    page = section_about_the_person(me, draft)
    page.press("save", first_name="Elona")
    review = submit(me, draft)
    assert review.text.count("Nuk u pyet përsëri.") + review.text.count("Not asked again.") >= 3
    sent = Submission.objects.get(pk=draft.pk)
    assert sent.answers["first_name"] == "Elona"
    assert {"gender", "language", "age_group"} <= set(sent.carried_over)
    assert "first_name" not in sent.carried_over
    assert set(CaseFact.objects.filter(submission_id=sent.pk).values_list("key", flat=True)) == {"first_name"}
    assert get_known_values(case)["first_name"] == "Elona"
    brief = Notice.objects.filter(case_id=case.pk, role="protection_service").latest("owed_at").brief
    rows = {row["key"]: row["value"]["en"] for part in brief["sections"] for row in part["rows"]}
    assert rows["first_name"] == "Elona"
    assert "not asked again" in rows["gender"], "its reader is not told that somebody has asked"
    read = me.get(f"/field/cases/{case.reference}/submissions/{sent.pk}/").content.decode()
    assert "Nuk u pyet përsëri." in read or "Not asked again." in read
    draft.refresh_from_db()
    assert draft.filled is None


def test_one_tick_confirms_the_section_and_makes_them_answers_of_today(case: Case, me: Client) -> None:  # noqa: F811
    draft, _page = begin(me, case)
    before = get_known(case)["gender"]
    section_about_the_person(me, draft).press("save", _known="1")
    draft.refresh_from_db()
    assert draft.filled["gender"]["confirmed"] is True
    assert section_about_the_person(me, draft).soup.select("#known[checked]")
    submit(me, draft)
    sent = Submission.objects.get(pk=draft.pk)
    after = get_known(case)["gender"]
    assert not sent.carried_over
    assert (after.value, after.row.submission_id) == (before.value, sent.pk)
    assert after.since == before.since, "it has been so since it was said first"
    assert after.said_at > before.said_at


def test_a_tick_that_is_taken_out_again_confirms_nothing(case: Case, me: Client) -> None:  # noqa: F811
    draft, _page = begin(me, case)
    section_about_the_person(me, draft).press("save", _known="1")
    section_about_the_person(me, draft).press("save", _known=None)
    draft.refresh_from_db()
    assert draft.filled["gender"]["confirmed"] is False


def test_what_does_not_fit_a_question_is_not_filled_in(case: Case, worker: User, me: Client) -> None:  # noqa: F811
    about = {**REFERRAL, "case_ref": case.reference}
    row = get_known(case)["gender"].row
    row.value = {"value": "would_not_say"}  # the identification offers it, the referral doesn't
    row.save()
    draft, _page = begin(me, case)
    assert "gender" not in draft.answers
    assert "first_name" in draft.answers
    assert about["case_ref"] == draft.answers["case_ref"]


def test_a_draft_that_is_about_another_case_by_now_loses_what_was_filled_in(
    case: Case,  # noqa: F811
    worker: User,  # noqa: F811
    me: Client,
) -> None:
    other = send(worker, **{**IDENTIFIED, "first_name": "Dona"}).case
    assert other is not None
    draft, page = begin(me, case)
    page.press("save", case_ref=other.reference)
    draft.refresh_from_db()
    assert draft.case == other
    assert draft.filled is None
    assert not {"first_name", "gender", "language", "age_group"} & set(draft.answers)


def test_a_condition_reads_what_is_known_for_whoever_may_see_the_case(
    case: Case,  # noqa: F811
    worker: User,  # noqa: F811
    me: Client,
) -> None:
    definition = form(
        section(
            "s",
            question("case_ref", "case_reference"),
            question("dialect", "text", relevant={"==": [{"var": "_known.language"}, "sq"]}),
        ),
        key="dialects",
    )
    publish_form(form=save_definition(key="dialects", definition=definition))
    _draft, page = begin(me, case, "dialects")
    assert page.seen("dialect")
    assert '"_known": {"language": "sq"}' in page.text, "no other fact is on the page"
    entry = AuditEntry.objects.filter(action="case.facts_read").latest("pk")
    assert (entry.detail["facts"], entry.detail["form"]) == (["language"], "dialects")
    sent = send(worker, "dialects", case_ref=case.reference, dialect="gegë")
    assert sent.answers["dialect"] == "gegë"
    elsewhere = send(User.objects.get(username="vlore1"), "dialects", dialect="gegë")
    assert "dialect" not in elsewhere.answers, "without the case nothing is known"


def test_rules_read_what_is_known_with_the_form_counted_in(case: Case, worker: User) -> None:  # noqa: F811
    rule = {"key": "r", "on": "submission_received", "when": {"==": [{"var": "_known.lives"}, "shelter"]}, "then": []}
    procedure = parse_procedure({"key": "p", "rules": [rule], "facts": []})
    sent = send(worker, "follow_up", **_follow_up(case, lives="family"))
    form_now = sent.form_version.parsed_form
    assert keys_read(procedure, "follow_up") == {"lives"}
    known = get_known_for_rules(case, procedure, form_now, {"lives": "shelter"}, occurred_at=timezone.now())
    assert known == {"lives": "shelter"}
    late = get_known_for_rules(case, procedure, form_now, {"lives": "shelter"}, occurred_at=NOW - timedelta(days=60))
    assert late == {"lives": "family"}
    event = Event(
        kind="submission_received",
        form="follow_up",
        answers={},
        occurred_at=timezone.localtime(),
        received_at=timezone.localtime(),
        known=known,
    )
    assert [entry["rule"] for entry in decide(event, procedure).explanation] == ["r"]


def _follow_up(case: Case, **more: Any) -> dict[str, Any]:  # noqa: F811
    return {**FOLLOWED, "case_ref": case.reference, **more}


# ---- two workers ----


def test_a_colleague_continues_a_draft_about_the_case_and_sends_it_in_their_own_name(
    case: Case,  # noqa: F811
    me: Client,
) -> None:
    draft, _page = begin(me, case)
    colleague = User.objects.get(username="lezhe2")
    theirs = Client()
    theirs.force_login(colleague)
    assert f"/field/drafts/{draft.pk}/" in theirs.get(f"/field/cases/{case.reference}/").content.decode()
    page = section_about_the_person(theirs, draft)
    assert AuditEntry.objects.filter(action="draft.read", target_id=str(draft.pk)).exists()
    page.press("save", first_name="Elona")
    draft.refresh_from_db()
    assert draft.answers["first_name"] == "Elona"
    assert theirs.post(f"/field/drafts/{draft.pk}/discard-draft/").status_code == 404
    assert draft.answers
    submit(theirs, draft)
    assert Submission.objects.get(pk=draft.pk).submitted_by == colleague


def test_nobody_else_reads_a_draft_and_one_without_a_case_is_its_owners_alone(
    case: Case,  # noqa: F811
    me: Client,
) -> None:
    draft, _page = begin(me, case)
    me.post("/field/forms/outreach_visit/start/")
    alone = Draft.objects.latest("started_at")
    for username, theirs in (("vlore1", draft), ("koordinator", draft), ("lezhe2", alone)):
        other = Client()
        other.force_login(User.objects.get(username=username))
        address = f"/field/drafts/{theirs.pk}/{theirs.section}/"
        assert other.get(address).status_code in (403, 404), username
        assert other.post(address, {"go": "save"}).status_code in (403, 404), username


def test_the_lead_is_taken_by_ones_own_word(case: Case, worker: User, me: Client) -> None:  # noqa: F811
    assert case.lead_worker == worker
    colleague = User.objects.get(username="lezhe2")
    theirs = Client()
    theirs.force_login(colleague)
    assert theirs.post(f"/field/cases/{case.reference}/lead/").status_code == 302
    case.refresh_from_db()
    assert (case.lead_worker, case.lead_since is not None) == (colleague, True)
    assert AuditEntry.objects.get(action="case.lead_taken").detail["before"] == str(worker.pk)
    other = Client()
    other.force_login(User.objects.get(username="koordinator"))
    assert other.post(f"/field/cases/{case.reference}/lead/").status_code in (403, 404)
    other.force_login(User.objects.get(username="vlore1"))
    assert other.post(f"/field/cases/{case.reference}/lead/").status_code in (403, 404)


# ---- the head of the case ----


def test_the_head_of_the_case_says_what_is_known_and_that_it_was_read_is_recorded(
    case: Case,  # noqa: F811
    me: Client,
) -> None:
    page = Page(me, me.get(f"/field/cases/{case.reference}/"))
    head = page.soup.select_one(".known-head")
    assert head is not None
    assert "Ela" in head.get_text()
    assert "first_name" in AuditEntry.objects.filter(action="case.read").latest("pk").detail["facts"]
    everything = Page(me, me.get(f"/field/cases/{case.reference}/known/"))
    assert "Ela" in everything.words()
    assert AuditEntry.objects.filter(action="case.fact_read").exists()


def test_the_history_of_a_fact_and_noting_that_it_is_no_longer_known(case: Case, me: Client) -> None:  # noqa: F811
    address = f"/field/cases/{case.reference}/known/first_name/"
    assert "Ela" in Page(me, me.get(address)).words()
    coordinator = Client()
    coordinator.force_login(User.objects.get(username="koordinator"))
    assert coordinator.get(address).status_code == 200
    assert coordinator.post(address).status_code == 404, "only a worker of the unit notes it"
    for _time in range(2):  # pressing twice notes it once
        assert me.post(address).status_code == 302
    assert CaseFact.objects.filter(case=case, key="first_name").count() == 2
    assert "first_name" not in get_known_values(case)
    assert "Ela" in Page(me, me.get(address)).words()
    assert me.get(f"/field/cases/{case.reference}/known/no_such/").status_code == 404
    assert me.get(f"/field/cases/{case.reference}/known/where_tonight/").status_code == 404
