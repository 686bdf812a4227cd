"""Coming back with the receipt code: the answer, adding, taking back, and what keeps others from trying codes."""

import re
import secrets
from dataclasses import replace

import pytest
from django.db import DatabaseError
from django.urls import reverse
from django.utils import translation

from case_forms.tips import codes
from case_forms.tips.models import Tip, TipMessage, TipState
from case_forms.tips.public_actions import take_back
from case_forms.tips.staff_actions import answer_tip, close_tip
from case_forms.tips.tests.scene import SECRET_WORDS, make_tip_scene

from .. import rate_limits, receipt_session
from ..views import back as back_view
from .pages import hidden, press

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(rate_limits, "TRY_WAIT_SECONDS", 0)


@pytest.fixture
def scene():
    return make_tip_scene()


@pytest.fixture
def received(scene):
    return scene.receive()


@pytest.fixture
def address():
    with translation.override("en"):
        return reverse("asking:back")


def enter(client, address, code):
    html = client.get(address).content.decode()
    return client.post(address, {**hidden(html), "code": code, "go": "code"})


def get_talk(client, address, received):
    return enter(client, address, received.code).content.decode()


def test_the_unit_s_answer_is_read_and_the_unit_sees_that_it_was(client, address, received, scene):
    answer_tip(tip=received.tip, by=scene.worker, text="You did right.", key="k")
    opened = enter(client, address, received.code.lower())
    assert opened.status_code == 200
    assert "You did right." in opened.content.decode()
    assert TipMessage.objects.get().seen_at is not None
    assert not opened.cookies


def test_the_first_words_are_not_shown_to_whoever_holds_the_code(client, address, received):
    assert SECRET_WORDS not in get_talk(client, address, received)


def test_the_name_of_the_worker_is_not_shown(client, address, received, scene):
    scene.worker.first_name, scene.worker.last_name = "Ardita", "Hoxha"
    scene.worker.save()
    answer_tip(tip=received.tip, by=scene.worker, text="You did right.", key="k")
    html = get_talk(client, address, received)
    assert "Ardita" not in html
    assert scene.worker.username not in html


def test_a_code_left_out_is_told_by_us_beside_the_field_and_not_by_the_browser(client, address):
    assert "novalidate" in client.get(address).content.decode()
    answer = enter(client, address, "")
    assert answer.status_code == 422
    assert 'id="code-error"' in answer.content.decode()


def test_no_code_stands_in_an_address_or_a_page(client, address, received):
    html = get_talk(client, address, received)
    assert received.code not in html
    assert received.code not in html


@pytest.mark.parametrize("code", ["", "abc", "1234-5678-9AB", "!!!!-!!!!-!!!!"])
def test_what_is_no_code_is_refused_beside_the_field_and_stays(client, address, received, code):
    refused = enter(client, address, code)
    assert refused.status_code == 422
    assert rate_limits.WRONG_CODES.used() == 0


def test_a_wrong_code_opens_nothing_and_is_counted_without_saying_who(client, address, received):
    wrong = enter(client, address, codes.code_from(secrets.token_bytes(32), "en"))
    assert wrong.status_code == 404
    assert rate_limits.WRONG_CODES.used() == 1


def test_each_page_is_good_for_one_try(client, address, received):
    fields = hidden(client.get(address).content.decode())
    assert client.post(address, {**fields, "code": "0000-0000-0000", "go": "code"}).status_code == 404
    assert client.post(address, {**fields, "code": received.code, "go": "code"}).status_code == 429


def test_a_page_that_a_browser_sends_again_after_the_exit_gives_the_code_away_to_nobody(client, address, received):
    fields = {**hidden(client.get(address).content.decode()), "code": received.code, "go": "code"}
    assert client.post(address, fields).status_code == 200
    again = client.post(address, fields)
    assert again.status_code == 429
    assert received.code not in again.content.decode()
    assert received.code not in again.content.decode()


@pytest.mark.parametrize(("code", "status"), [("AAAA", 422), ("0000-0000-0000", 404)])
def test_a_code_that_opens_nothing_is_told_beside_its_field_which_keeps_it(client, address, code, status):
    answered = enter(client, address, code)
    html = answered.content.decode()
    assert answered.status_code == status
    assert (
        html.index('id="code-hint"') < html.index('id="code-error"') < html.index('<input class="q-input code-input"')
    )
    assert f'value="{code}"' in html
    assert 'id="told"' not in html


def test_taken_back_unknown_and_forgotten_codes_answer_alike(client, address, received):
    def told(code):
        answered = enter(client, address, code)
        html = answered.content.decode()
        for each in ("sheet", "code"):
            html = re.sub(rf'name="{each}" value="[^"]*"', "", html)
        return answered.status_code, dict(answered.headers), re.sub(r'data-work="[^"]*"', "", html)

    unknown = told("0000-0000-0000")
    assert unknown[0] == 404
    take_back(tip_id=received.tip.pk)
    gone = told(received.code)
    assert (gone[0], gone[2]) == (unknown[0], unknown[2])
    assert set(gone[1]) == set(unknown[1])


def test_a_try_without_javascript_waits_a_moment(client, address, received, monkeypatch):
    monkeypatch.setattr(rate_limits, "TRY_WAIT_SECONDS", 2)
    refused = enter(client, address, received.code)
    assert refused.status_code == 429
    monkeypatch.setattr(rate_limits, "TRY_WAIT_SECONDS", 0)
    again = press(client, address, refused.content.decode(), "code", code=received.code)
    assert again.status_code == 200


def test_many_wrong_codes_stop_tries_without_a_proof_and_none_with_one(client, address, received, monkeypatch):
    monkeypatch.setattr(rate_limits, "WRONG_CODES", replace(rate_limits.WRONG_CODES, most=1))
    enter(client, address, "0000-0000-0000")
    assert enter(client, address, received.code).status_code == 429
    monkeypatch.setattr(rate_limits, "is_proven", lambda proof, secret, factor: True)
    assert enter(client, address, received.code).status_code == 200


def test_adding_makes_it_new_again_once_however_often_it_is_pressed(client, address, received):
    html = get_talk(client, address, received)
    for _press in range(2):
        added = press(client, address, html, "add", text="And the blue car.")
        assert added.status_code == 200
    tip = Tip.objects.get()
    assert (tip.state, tip.messages.count()) == (TipState.NEW, 1)
    assert "And the blue car." not in added.content.decode()


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_an_addition_that_cannot_be_sent_is_told_beside_its_field_and_stays(client, address, received, text):
    refused = press(client, address, get_talk(client, address, received), "add", text=text)
    assert refused.status_code == 422
    assert 'id="text-error"' in refused.content.decode()
    if text.strip():
        assert text in refused.content.decode()
    assert not TipMessage.objects.exists()


def test_the_end_of_a_line_counts_as_the_one_sign_that_was_typed(client, address, received):
    text = "x" * 3998 + "\r\ny"
    assert press(client, address, get_talk(client, address, received), "add", text=text).status_code == 200
    assert TipMessage.objects.get().text == "x" * 3998 + "\ny"


def test_an_addition_survives_the_end_of_the_visit(client, address, received, monkeypatch):
    html = get_talk(client, address, received)
    later = receipt_session.time.time() + receipt_session.LASTS_SECONDS + 120
    monkeypatch.setattr(receipt_session.time, "time", lambda: later)
    over = press(client, address, html, "add", text="And the blue car.")
    assert over.status_code == 403
    monkeypatch.undo()
    monkeypatch.setattr(rate_limits, "TRY_WAIT_SECONDS", 0)
    again = press(client, address, over.content.decode(), "code", code=received.code)
    assert "And the blue car." in again.content.decode()


def test_a_database_that_does_not_answer_loses_no_addition(client, address, received, monkeypatch):
    def fail(**kwargs):
        raise DatabaseError("locked")

    html = get_talk(client, address, received)
    monkeypatch.setattr(back_view, "add_message", fail)
    answered = press(client, address, html, "add", text="And the blue car.")
    assert answered.status_code == 503
    assert "And the blue car." in answered.content.decode()


def test_nothing_can_be_added_to_what_was_closed_as_meant_by_nobody(client, address, received, scene):
    html = get_talk(client, address, received)
    close_tip(tip=received.tip, by=scene.worker, outcome="spam")
    assert press(client, address, html, "add", text="x").status_code == 409


def test_taking_it_back_asks_first_says_what_it_does_and_then_does_it(client, address, received):
    html = get_talk(client, address, received)
    asked = press(client, address, html, "ask_take_back").content.decode()
    assert Tip.objects.get().answers
    assert "already knows" in asked
    gone = press(client, address, asked, "take_back")
    assert gone.status_code == 200
    assert Tip.objects.get().answers == {}
    assert enter(client, address, received.code).status_code == 404
    assert press(client, address, html, "add", text="x").status_code == 403
    assert press(client, address, asked, "take_back").status_code == 403


def test_looking_never_acts(client, address, received):
    html = get_talk(client, address, received)
    visit = re.search(r'name="visit" value="([^"]+)"', html).group(1)
    client.get(address, {"go": "take_back", "visit": visit})
    assert Tip.objects.get().answers


@pytest.mark.parametrize("visit", ["", "x", "v1.test.AAAA", "x" * 5000])
@pytest.mark.parametrize("go", ["add", "take_back", "ask_take_back", "look"])
def test_a_visit_that_was_made_up_opens_nothing(client, address, received, visit, go):
    assert client.post(address, {"visit": visit, "go": go, "text": "x"}).status_code == 403
    assert Tip.objects.get().answers


def test_whoever_has_the_code_can_lock_it_after_reading_what_that_means(client, address, received):
    html = get_talk(client, address, received)
    asked = press(client, address, html, "ask_freeze").content.decode()
    assert "be unlocked" in asked
    assert Tip.objects.get().frozen_at is None
    done = press(client, address, asked, "freeze").content.decode()
    assert "Your code is locked" in done
    assert Tip.objects.get().frozen_at is not None
    assert enter(client, address, received.code).status_code == 404


def test_a_code_typed_with_slips_opens_the_talk(client, address, received):
    words = received.code.split()
    slipped = " ".join([words[0].upper(), words[1][:-1], words[2], words[3]])
    assert enter(client, address, slipped).status_code in (200, 422)
    assert enter(client, address, received.code.replace(" ", "-").upper()).status_code == 200
