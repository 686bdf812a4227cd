"""Asking for a session on the public pages and through the API, without an account, and following it by its code."""

import json
import re

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from access.models import RateCount
from audit.models import AuditEntry
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.definition import parse_form
from case_forms.form_builder.sources import Lists
from case_forms.form_preview.rehearsal import rehearse
from case_forms.procedures.definition import parse_procedure
from case_forms.procedures.rule_needs import FormSide, RuleNeeds
from case_forms.session_requests import actions
from case_forms.session_requests.models import DeclineReason, SessionRequest
from case_forms.session_requests.tests.scene import NAME, load_form, make_request_scene
from case_forms.submissions.validation.validate import CheckContext
from case_forms.tips.models import Tip
from case_forms.tips.tests.scene import PUBLIC_FORM, make_tip_scene, tip_rules
from outreach_pages.records.actions import cancel_session
from outreach_pages.records.labels import CancelReason
from tests.world.forms import publish
from tests.world.procedures import small_procedure

from ..entry_points import public_form, session_request_form
from .pages import hidden, press

pytestmark = pytest.mark.django_db
HEADERS = {"content_type": "application/json"}


@pytest.fixture(autouse=True)
def no_waiting(settings):
    settings.ASKING_WAIT_SECONDS = 0
    settings.ASKING_WORK = 50


@pytest.fixture(autouse=True)
def scene():
    return make_request_scene()


@pytest.fixture
def address():
    with translation.override("en"):
        return reverse("asking:session")


@pytest.fixture
def back():
    with translation.override("en"):
        return reverse("asking:back")


def fill(client, address, scene, **changed):
    """Through all pages to the last one."""
    given = {**scene.answers(), **changed}
    html = client.get(address).content.decode()
    for _page in range(6):
        if 'value="_review"' in html:
            return html
        html = press(client, address, html, "next", **given).content.decode()
    raise AssertionError(re.findall(r'class="q-error"[^>]*>(.*?)</p>', html, re.S))


def code_in(html):
    return re.search(r'class="receipt-code"[^>]*>([^<]+)<', html).group(1)


def follow(client, back, code):
    html = client.get(back).content.decode()
    # A page is good for a try after two seconds, or at once with a proof; the tests of proofs are elsewhere.
    return client.post(back, {**hidden(html), "code": code, "go": "code"})


@pytest.fixture
def quick_codes(monkeypatch):
    monkeypatch.setattr("case_forms.tip_pages.rate_limits.TRY_WAIT_SECONDS", 0)


def test_the_shipped_form_can_be_published_and_tips_keep_theirs(scene):
    assert check_definition(load_form()) == []
    tips = publish(dict(PUBLIC_FORM))
    assert (public_form(), session_request_form()) == (tips, scene.form)


def test_a_form_that_asks_for_a_session_needs_the_public_and_a_municipality():
    def codes(change):
        form = load_form()
        change(form)
        return [(problem.path, problem.code) for problem in check_definition(form)]

    def drop_municipality(form):
        form["sections"][0]["items"] = [each for each in form["sections"][0]["items"] if each["key"] != "municipality"]

    def make_optional(form):
        next(each for each in form["sections"][0]["items"] if each["key"] == "municipality")["required"] = False

    assert ("/audience", "public_only") in codes(lambda form: form.update(audience="staff"))
    assert ("/sections", "no_municipality") in codes(drop_municipality)
    assert ("/sections", "no_municipality") in codes(make_optional)


def test_rules_about_messages_of_any_form_ask_nothing_of_it():
    procedure = parse_procedure({**small_procedure(), "rules": tip_rules()})
    rule = next(each for each in procedure.rules if each.key == "signal_police")
    needs, form = RuleNeeds(rule, {}), parse_form(load_form())
    assert needs.listens_to("public_tip", FormSide(parse_form(dict(PUBLIC_FORM))))
    assert not needs.listens_to("session_request", FormSide(form))
    assert {each.code for each in needs.breaks(FormSide(form))} == {"audience"}


def test_trying_it_out_says_that_no_procedure_responds(scene):
    make_tip_scene()
    context = CheckContext(Lists(), timezone.localdate(), timezone.localdate(), "en")
    form = parse_form(load_form())
    tried = rehearse(form, scene.answers(), context, {}, "en")
    assert tried.notices == []
    assert tried.problem


def test_a_coordinators_change_of_the_form_is_what_is_asked(client, address):
    form = load_form()
    form["sections"][0]["title"]["en"] = "Who are you?"
    publish_form(form=save_definition(key=form["key"], definition=form))
    assert "Who are you?" in client.get(address).content.decode()


def test_a_teacher_asks_and_nothing_stands_in_an_address_a_cookie_or_the_record(client, address, scene):
    html = fill(client, address, scene)
    assert not SessionRequest.objects.exists()
    assert not RateCount.objects.exists()
    assert scene.unit.name in html
    sent = press(client, address, html, "send")
    assert sent.status_code == 200
    assert sent["Cache-Control"] == "no-store"
    assert not client.cookies
    request = SessionRequest.objects.get()
    assert (request.unit, request.language) == (scene.unit, "en")
    assert request.answers["contact_name"] == NAME
    assert not Tip.objects.exists()
    written = json.dumps([list(row) for row in AuditEntry.objects.values_list("action", "detail")])
    assert NAME not in written
    assert "session_request.received" in written
    again = press(client, address, html, "send")
    assert code_in(again.content.decode()) == code_in(sent.content.decode())
    assert SessionRequest.objects.count() == 1


def test_where_no_unit_works_the_page_says_that_the_centre_answers(client, address, scene):
    html = fill(client, address, scene, municipality=scene.elsewhere.municipality.slug)
    assert "our centre answers" in html
    press(client, address, html, "send")
    assert SessionRequest.objects.get().unit is None


def test_a_number_in_a_free_text_is_refused_beside_its_field_and_kept(client, address, scene):
    html = client.get(address).content.decode()
    page = press(client, address, html, "next", **scene.answers(institution="Shkolla, tel. 069 123 4567"))
    html = page.content.decode()
    assert page.status_code == 422
    assert "Remove telephone numbers" in html
    assert "069 123 4567" in html


def test_too_quickly_without_work_is_refused_and_nothing_is_lost(client, address, scene, settings):
    settings.ASKING_WAIT_SECONDS = 60
    late = press(client, address, fill(client, address, scene), "send")
    assert late.status_code == 429
    assert not SessionRequest.objects.exists()
    assert "Shkolla “Prova”" in late.content.decode()


def test_above_the_budget_it_is_stored_and_marked(client, address, scene, settings):
    settings.ASKING_UNPROVEN_PER_HOUR = 1
    for _number in range(2):
        press(client, address, fill(client, address, scene), "send")
    assert list(SessionRequest.objects.order_by("received_at").values_list("above_budget", flat=True)) == [False, True]


def test_without_a_published_form_it_says_so(client, address, scene):
    scene.form.form.is_archived = True
    scene.form.form.save()
    assert client.get(address).status_code == 503


def test_a_state_of_this_form_opens_no_other_page(client, address, scene):
    publish(dict(PUBLIC_FORM))
    html = fill(client, address, scene)
    with translation.override("en"):
        other = reverse("asking:region", args=[scene.place.region.slug])
    assert press(client, other, html, "send").status_code == 409
    assert not Tip.objects.exists()


@pytest.mark.usefixtures("quick_codes")
def test_the_code_opens_the_state_in_plain_words_and_nothing_that_was_written(client, address, back, scene):
    html = press(client, address, fill(client, address, scene), "send").content.decode()
    code = code_in(html)
    first = follow(client, back, code)
    assert "There is no answer yet" in first.content.decode()
    request = SessionRequest.objects.get()
    session = actions.plan_for_request(
        request=request,
        by=scene.worker,
        values={
            "unit": scene.unit,
            "municipality": scene.place.municipality,
            "place_type": "high_school",
            "place_name": "Shkolla “Prova”",
            "date": timezone.localdate(),
            "starts_at": timezone.datetime(2026, 1, 1, 9, 0).time(),
            "ends_at": timezone.datetime(2026, 1, 1, 9, 45).time(),
            "audience": "high_school",
        },
    )
    looked = client.post(back, {**hidden(first.content.decode()), "go": "look"}).content.decode()
    assert "The session is planned for" in looked
    for hidden_word in (NAME, "Prova", scene.worker.username, "69123"):
        assert hidden_word not in looked
    cancel_session(session=session, by=scene.worker, reason=CancelReason.UNIT)
    assert "it was cancelled" in follow(client, back, code).content.decode()
    # What adds to a tip, locks it or takes it back does nothing here.
    for going in ("add", "freeze", "take_back"):
        page = client.post(back, {**hidden(first.content.decode()), "go": going, "text": "x"})
        assert page.status_code == 200
    assert SessionRequest.objects.get().receipt_hash


# ---- the API ----


def call(client, path, body=None):
    address = f"/api/v2/session-requests{path}"
    return client.post(address, json.dumps(body), **HEADERS) if body is not None else client.get(address)


def test_another_front_end_asks_and_follows(client, scene, quick_codes):
    form = call(client, "/form").json()
    assert form["form"] == "session_request"
    assert "keep_for" not in json.dumps(form["sections"])
    body = {"state": form["state"], "language": "en", "answers": scene.answers()}
    sent = call(client, "", body)
    assert (sent.status_code, sent["Cache-Control"]) == (201, "no-store")
    assert sent.json()["answered_by"] == scene.unit.name
    assert call(client, "", body).json() == sent.json()
    assert SessionRequest.objects.count() == 1
    actions.decline_request(
        request=SessionRequest.objects.get(), by=scene.worker, reason=DeclineReason.NO_DAY, text="Në vjeshtë."
    )
    state = client.get("/api/v2/tips/receipt/challenge").json()["state"]
    opened = call(client, "/receipt", {"state": state, "language": "en", "code": sent.json()["code"]}).json()
    assert (opened["state"], opened["day"], opened["text"]) == ("cannot", None, "Në vjeshtë.")
    assert opened["answer"] == "We have no free day in the weeks that you named."
    assert NAME not in json.dumps(opened)
    again = call(client, "/receipt/read", {"visit": opened["visit"], "language": "sq"}).json()
    assert again["answer"] != opened["answer"]
    assert (
        client.post("/api/v2/tips/receipt/read", json.dumps({"visit": opened["visit"]}), **HEADERS).status_code == 403
    )


def test_the_api_names_each_thing_to_correct_and_repeats_nothing(client, scene):
    state = call(client, "/form").json()["state"]
    answers = scene.answers(note="Shkruaj te une@shkolla.al", people=0)
    refused = call(client, "", {"state": state, "language": "en", "answers": answers})
    assert refused.status_code == 422
    assert {each["path"] for each in refused.json()["errors"]} == {"/answers/people", "/answers/note"}
    assert "une@" not in refused.content.decode()
    assert call(client, "", {"state": "x", "answers": {}}).status_code == 409
    assert call(client, "", {"answers": {}}).status_code == 422


def test_a_code_that_opens_nothing_and_a_code_that_is_none(client, quick_codes):
    def try_code(code):
        state = client.get("/api/v2/tips/receipt/challenge").json()["state"]
        return call(client, "/receipt", {"state": state, "code": code}).status_code

    assert try_code("mollë karrige ylber fener") in (404, 422)
    assert try_code("x") == 422
    assert call(client, "/receipt/read", {"visit": "x"}).status_code == 403


def withdraw(client, visit):
    return client.post("/api/v2/session-requests/receipt/withdraw", json.dumps({"visit": visit}), **HEADERS)


def test_another_front_end_withdraws_a_request_once(client, scene, quick_codes):
    received = scene.receive()
    state = client.get("/api/v2/tips/receipt/challenge").json()["state"]
    opened = call(client, "/receipt", {"state": state, "code": received.code}).json()
    assert opened["may_withdraw"] is True
    for _press in range(2):
        gone = withdraw(client, opened["visit"])
        assert (gone.status_code, gone["Cache-Control"]) == (200, "no-store")
        assert (gone.json()["state"], gone.json()["may_withdraw"]) == ("withdrawn", False)
    assert withdraw(client, "x").status_code == 403


def test_another_front_end_reads_that_nothing_is_left_to_withdraw(client, scene, quick_codes):
    received = scene.receive()
    state = client.get("/api/v2/tips/receipt/challenge").json()["state"]
    visit = call(client, "/receipt", {"state": state, "code": received.code}).json()["visit"]
    actions.decline_request(request=received.request, by=scene.worker, reason=DeclineReason.NO_DAY)
    refused = withdraw(client, visit)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:vatra:problem:nothing-to-withdraw")
    SessionRequest.objects.update(receipt_hash=None)
    assert withdraw(client, visit).status_code == 403


@pytest.mark.usefixtures("quick_codes")
def test_whoever_asked_withdraws_after_a_question_and_a_get_changes_nothing(client, back, scene):
    received = scene.receive()
    page = follow(client, back, received.code).content.decode()
    assert 'value="ask_withdraw"' in page
    asked = press(client, back, page, "ask_withdraw").content.decode()
    assert "Withdraw your request?" in asked
    client.get(back, {**hidden(asked), "go": "withdraw"})
    assert SessionRequest.objects.get().state == "new"
    for _press in range(2):
        gone = press(client, back, asked, "withdraw")
        assert gone.status_code == 200
        assert "The request was withdrawn." in gone.content.decode()
    assert 'value="ask_withdraw"' not in gone.content.decode()
    assert "The request was withdrawn." in press(client, back, asked, "ask_withdraw").content.decode()


@pytest.mark.usefixtures("quick_codes")
def test_answered_meanwhile_says_how_it_ended(client, back, scene):
    received = scene.receive()
    asked = press(client, back, follow(client, back, received.code).content.decode(), "ask_withdraw").content.decode()
    actions.decline_request(request=received.request, by=scene.worker, reason=DeclineReason.NO_DAY)
    for going in ("ask_withdraw", "withdraw"):
        late = press(client, back, asked, going)
        assert late.status_code == 409
        assert "There is nothing to withdraw any more" in late.content.decode()
        assert "The session can&#x27;t be held." in late.content.decode() or "can't be held" in late.content.decode()
    SessionRequest.objects.update(receipt_hash=None)
    assert press(client, back, asked, "withdraw").status_code == 403
