"""The public pages of asking, without JavaScript: no cookie, no store, nothing kept before "Send", nothing lost."""

import re
import secrets
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from access.models import Municipality, RateCount, Region
from audit.models import AuditEntry
from case_forms.form_builder.models import FormVersion
from case_forms.tips import codes
from case_forms.tips.models import Tip, TipEvent
from case_forms.tips.tests.scene import make_tip_scene
from content.models import Hotline
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice
from vault.keyring import KeyRingError

from .. import form_state, rate_limits, sending
from ..form_state import FormState
from ..views import ask
from .pages import hidden, press, to_review

pytestmark = pytest.mark.django_db
SAID = "A car waits at the school."


@pytest.fixture(autouse=True)
def no_waiting(settings):
    settings.ASKING_WAIT_SECONDS = 0


@pytest.fixture(autouse=True)
def lines():
    for key, number, danger in (("police", "129", True), ("child", "116 111", False)):
        Hotline.objects.create(
            key=key,
            number=number,
            for_danger=danger,
            never_stale=True,
            publish="yes",
            source="x",
            name_sq=key,
            name_en=key,
            short_sq=key,
            short_en=key,
        )


@pytest.fixture
def scene():
    return make_tip_scene()


@pytest.fixture
def address(scene):
    with translation.override("en"):
        return reverse("asking:region", args=[scene.place.region.slug])


def send(client, address, **typed):
    return press(client, address, to_review(client, address, **typed), "send")


def code_in(html):
    return re.search(r'class="receipt-code"[^>]*>([^<]+)<', html).group(1)


# ---- what every page is ----


def test_every_page_shows_the_number_first_and_sets_nothing(client, address):
    html = client.get(address).content.decode()
    pages = [
        client.get(reverse("asking:start")),
        client.get(address),
        client.get(reverse("asking:back")),
        client.get(reverse("asking:card", args=["NOSUCHXX"])),
        press(client, address, html, "next", what=SAID),
        press(client, address, to_review(client, address), "stay"),
    ]
    for page in pages:
        text = page.content.decode()
        assert 'href="tel:129"' in text
        assert page["Cache-Control"] == "no-store"
        assert "noindex" in page["X-Robots-Tag"]
        assert not page.cookies
        assert "csrfmiddlewaretoken" not in text
        assert not re.search(r"<script(?![^>]*(src=|application/json))", text)
        assert " style=" not in text
    assert not client.cookies


def test_danger_stands_before_the_heading_on_every_step(client, address):
    html = client.get(address).content.decode()
    assert html.index("asking-danger") < html.index("<h1")
    review = to_review(client, address)
    assert review.index("asking-danger") < review.index("<h1")


def test_nothing_is_stored_before_sending(client, address):
    to_review(client, address)
    assert not Tip.objects.exists()
    assert not RateCount.objects.exists()


def test_what_was_typed_is_not_readable_in_the_page_it_travels_in(client, address):
    html = client.get(address).content.decode()
    html = press(client, address, html, "next", what=SAID).content.decode()
    assert SAID not in html
    assert SAID.encode().hex() not in html


# ---- the way through ----


def test_the_whole_way_ends_in_a_receipt_and_one_tip(client, address, scene):
    sent = send(client, address)
    html = sent.content.decode()
    assert sent.status_code == 200
    tip = Tip.objects.get()
    assert tip.answers["what"] == SAID
    assert (tip.unit, tip.session_id, tip.language) == (scene.unit, None, "en")
    assert codes.read(code_in(html)) is not None
    assert Notice.objects.filter(case_id=tip.pk).count() == 1
    assert sent.request["PATH_INFO"] == address


def test_only_what_happened_is_needed(client, address):
    html = client.get(address).content.decode()
    refused = press(client, address, html, "next")
    assert refused.status_code == 422
    assert 'href="#q-what"' in refused.content.decode()


def test_an_error_stands_beside_its_field_and_nothing_is_lost(client, address):
    html = client.get(address).content.decode()
    html = press(client, address, html, "next", what=SAID).content.decode()
    html = press(client, address, html, "next", contact_ok="true").content.decode()
    assert "safe_contact_phone" in hidden(html)["shown"]
    refused = press(client, address, html, "next", contact_ok="true", safe_contact_phone="12")
    text = refused.content.decode()
    assert refused.status_code == 422
    assert 'id="q-safe_contact_phone-error"' in text
    assert 'value="12"' in text
    again = press(client, address, text, "back", contact_ok="true", safe_contact_phone="12").content.decode()
    assert SAID in again


def test_more_questions_that_an_answer_brings_are_shown_before_going_on(client, address):
    html = client.get(address).content.decode()
    html = press(client, address, html, "next", what=SAID).content.decode()
    grown = press(client, address, html, "next", contact_ok="true")
    assert 'value="where"' in grown.content.decode()
    assert "more questions" in grown.content.decode()


def test_danger_fills_the_page_with_the_number_and_the_report_can_still_be_sent(client, address):
    html = client.get(address).content.decode()
    shown = press(client, address, html, "next", what=SAID, danger_now="yes").content.decode()
    assert 'value="_danger"' in shown
    assert shown.index('href="tel:129"') < shown.index("A call is quicker")
    onward = press(client, address, shown, "next").content.decode()
    assert 'name="step" value="where"' in onward
    review = press(client, address, onward, "next").content.decode()
    assert "anti-trafficking police officer" in review.lower()
    press(client, address, review, "send")
    assert Tip.objects.get().is_in_danger
    assert set(Notice.objects.values_list("role", flat=True)) == {"mobile_unit", "police"}


def test_the_number_is_shown_once_and_not_at_every_turn(client, address):
    html = client.get(address).content.decode()
    html = press(client, address, html, "next", what=SAID, danger_now="yes").content.decode()
    html = press(client, address, html, "next").content.decode()
    html = press(client, address, html, "back").content.decode()
    html = press(client, address, html, "next", what=SAID, danger_now="yes").content.decode()
    assert 'name="step" value="where"' in html


def test_another_language_keeps_what_was_typed(client, address, scene):
    html = client.get(address).content.decode()
    with translation.override("sq"):
        albanian = reverse("asking:region", args=[scene.place.region.slug])
    assert f'formaction="{albanian}"' in html
    turned = press(client, albanian, html, "stay", what=SAID).content.decode()
    assert '<html lang="sq">' in turned
    assert SAID in turned


def test_changing_from_the_last_page_comes_back_with_everything(client, address):
    html = press(client, address, to_review(client, address), "to:what").content.decode()
    assert SAID in html


def test_a_card_says_which_session_it_is_from(client, scene):
    from outreach_pages.records.models import InformativeSession

    session = InformativeSession.objects.create(
        unit=scene.unit,
        municipality=scene.place.municipality,
        date=timezone.localdate(),
        audience="grade_9",
        place_type="high_school",
        place_name="Shkolla",
        starts_at="10:00",
        ends_at="11:00",
        planned_by=scene.worker,
    )
    address = reverse("asking:card", args=[session.card_code])
    send(client, address)
    tip = Tip.objects.get()
    assert (tip.session_id, tip.unit, tip.municipality) == (session.pk, scene.unit, scene.place.municipality)


# ---- nothing is lost, nothing is believed ----


@pytest.mark.parametrize("token", ["", "x", "v1.a.b", "v1.test.AAAA", "x" * 200_000, "é.é.é"])
def test_a_page_that_was_changed_says_so_and_keeps_what_was_typed_on_it(client, address, token):
    html = client.get(address).content.decode()
    answered = client.post(address, {**hidden(html), "sheet": token, "what": SAID, "go": "next"})
    assert answered.status_code == 409
    assert SAID in answered.content.decode()
    assert not Tip.objects.exists()


def test_a_page_of_another_place_is_not_taken_for_this_one(client, address, scene):
    other = form_state.sealed(FormState("region:elsewhere", scene.form.pk, {"what": "other"}))
    answered = client.post(address, {"sheet": other, "step": "_review", "go": "send"})
    assert answered.status_code == 409
    assert not Tip.objects.exists()


def test_a_page_that_lay_open_for_long_keeps_everything(client, address, scene, settings):
    key = f"region:{scene.place.region.slug}"
    old = FormState(
        key, scene.form.pk, {"what": SAID}, opened_at=int(time.time()) - settings.ASKING_FORM_HOURS * 3600 - 99
    )
    answered = client.post(address, {"sheet": form_state.sealed(old), "step": "_review", "go": "send"})
    assert answered.status_code == 409
    html = answered.content.decode()
    assert SAID in html
    assert press(client, address, html, "send").status_code == 200
    assert Tip.objects.count() == 1


def test_too_much_is_refused_and_still_stands_in_the_page(client, address):
    html = client.get(address).content.decode()
    long = "ë" * 60_000
    refused = press(client, address, html, "next", what=long)
    assert refused.status_code == 413
    assert long in refused.content.decode()
    shorter = press(client, address, refused.content.decode(), "next", what=SAID)
    assert shorter.status_code == 200


def test_pressing_send_twice_stores_once_and_shows_the_same_code(client, address):
    review = to_review(client, address)
    first, second = (press(client, address, review, "send").content.decode() for _press in range(2))
    assert code_in(first) == code_in(second)
    assert Tip.objects.count() == 1
    assert rate_limits.sent().used(f"region:{address.split('/')[-2]}") == 1


def test_sent_again_much_later_the_code_is_not_shown_again(client, address):
    review = to_review(client, address)
    press(client, address, review, "send")
    tip = Tip.objects.get()
    Tip.objects.filter(pk=tip.pk).update(received_at=tip.received_at - timedelta(hours=1))
    again = press(client, address, review, "send")
    assert "receipt-code" not in again.content.decode()
    assert Tip.objects.count() == 1


def test_a_database_that_does_not_answer_loses_nothing_and_claims_nothing(client, address, monkeypatch):
    def fail(**kwargs):
        raise DatabaseError("database is locked: " + SAID)

    review = to_review(client, address)
    monkeypatch.setattr(sending, "receive_tip", fail)
    answered = press(client, address, review, "send")
    html = answered.content.decode()
    assert answered.status_code == 503
    assert "NOT sent" in html
    monkeypatch.undo()
    assert press(client, address, html, "send").status_code == 200
    assert Tip.objects.get().answers["what"] == SAID


def test_a_form_posted_from_elsewhere_is_refused(address):
    client = Client(enforce_csrf_checks=True)
    html = client.get(address).content.decode()
    fields = {**hidden(html), "what": SAID, "go": "next"}
    assert client.post(address, fields, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403
    assert client.post(address, fields, HTTP_SEC_FETCH_SITE="same-origin").status_code == 200


@pytest.mark.parametrize("go", ["", "to:nothing", "to:", "to:_review", "send", "take_back", "\x00"])
@pytest.mark.parametrize("step", ["", "nothing", "_review", "_danger", "what", "where"])
def test_whatever_is_pressed_answers_with_a_page(client, address, go, step):
    html = client.get(address).content.decode()
    answered = client.post(
        address, {**hidden(html), "step": step, "go": go, "what": "x\x00y\ud800".encode("utf-8", "replace")}
    )
    assert answered.status_code in (200, 409, 422)


def test_a_version_that_was_published_meanwhile_does_not_disturb_whoever_is_writing(client, address, scene):
    import copy

    from case_forms.tips.tests.scene import PUBLIC_FORM
    from tests.world.forms import publish, question

    review = to_review(client, address)
    newer = copy.deepcopy(PUBLIC_FORM)
    newer["sections"][0]["items"].append(question("more", "text", required=True))
    publish(newer)
    assert FormVersion.objects.newest().for_public().get().number == 2
    assert press(client, address, review, "send").status_code == 200
    assert Tip.objects.get().form_version == scene.form


def test_without_a_public_form_the_page_gives_the_numbers(client, address, scene):
    scene.form.form.is_archived = True
    scene.form.form.save()
    answered = client.get(address)
    assert answered.status_code == 503
    assert 'href="tel:129"' in answered.content.decode()


def test_a_region_without_a_unit_gives_the_numbers(client, scene):
    scene.unit.is_active = False
    scene.unit.save()
    assert client.get(reverse("asking:region", args=[scene.place.region.slug])).status_code == 404
    assert client.get(reverse("asking:region", args=["atlantis"])).status_code == 404


def test_from_a_region_without_a_unit_the_centres_unit_gets_it_and_the_pages_say_so(client, scene, settings):
    settings.CENTRE_UNIT = scene.unit.slug
    elsewhere = Region.objects.create(slug="elsewhere", name="Elsewhere", iso_code="99")
    Municipality.objects.create(
        slug="elsewhere-seat", name="Seat", region=elsewhere, police_directorate=scene.place.directorate
    )
    start = client.get(reverse("asking:start")).content.decode()
    assert reverse("asking:region", args=["elsewhere"]) in start
    assert scene.unit.name in start
    send(client, reverse("asking:region", args=["elsewhere"]))
    tip = Tip.objects.get()
    assert (tip.unit, tip.region) == (scene.unit, elsewhere)


# ---- floods ----


def test_without_javascript_sending_at_once_asks_to_wait_a_little_and_keeps_everything(client, address, settings):
    settings.ASKING_WAIT_SECONDS = 10
    answered = send(client, address)
    html = answered.content.decode()
    assert answered.status_code == 429
    assert SAID in html
    settings.ASKING_WAIT_SECONDS = 0
    assert press(client, address, html, "send").status_code == 200


def test_over_budget_it_is_kept_and_says_who_reads_it_first_with_the_numbers(client, address, settings):
    settings.ASKING_UNPROVEN_PER_HOUR, settings.ASKING_DANGER_RESERVE = 1, 0
    send(client, address)
    kept = send(client, address, danger_now="yes")
    html = kept.content.decode()
    assert kept.status_code == 200
    assert "The unit reads it before anybody else is notified" in html
    assert 'href="tel:116111"' in html
    assert "receipt-code" in html
    assert list(Tip.objects.order_by("received_at").values_list("held_back", flat=True)) == [False, True]


def test_whoever_sends_into_a_flood_reads_of_it_before(client, address, settings):
    settings.ASKING_PER_HOUR = 1
    assert "very large number" not in to_review(client, address)
    send(client, address)
    assert "very large number" in to_review(client, address)


def test_one_places_budget_is_not_anothers(client, address, scene, settings):
    from tests.world.places import make_place, make_unit_with_worker

    settings.ASKING_PER_HOUR, settings.ASKING_DANGER_RESERVE = 1, 0
    send(client, address)
    send(client, address, danger_now="yes")
    other = make_place()
    make_unit_with_worker(other)
    send(client, reverse("asking:region", args=[other.region.slug]), danger_now="yes")
    assert list(Tip.objects.order_by("received_at").values_list("held_back", flat=True)) == [False, True, False]


# ---- what must never be anywhere ----


def test_no_word_of_it_stands_in_a_log_an_address_or_a_table(client, address, capfd, caplog):
    with caplog.at_level("DEBUG"):
        html = send(client, address, danger_now="yes").content.decode()
        code = code_in(html)
        client.post(
            reverse("asking:back"), {**hidden(client.get(reverse("asking:back")).content.decode()), "code": code}
        )
    out = capfd.readouterr()
    for said in (SAID, code, *codes.read(code)):
        assert said not in out.out + out.err + caplog.text
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            rows = str(cursor.fetchall())
            assert SAID not in rows, table
            assert code not in rows, table
            assert codes.folded(code) not in rows, table
            assert "127.0.0.1" not in rows, table


def test_a_sheet_says_nothing_of_itself():
    sheet = FormState("region:x", 1, {"what": SAID}, secret=secrets.token_bytes(32))
    assert SAID not in repr(sheet)
    assert "secret" not in repr(sheet)


def test_the_pages_never_call_the_reader_what_they_may_not_want_to_be_called():
    for page in Path("templates/tip_pages").glob("*.html"):
        assert "victim" not in page.read_text().lower()


def test_the_letters_that_go_out_say_nothing_of_it(client, address, mailoutbox):
    send(client, address, danger_now="yes")
    send_due()
    assert len(mailoutbox) == 2  # the unit's worker on duty and the officer
    for letter in mailoutbox:
        text = letter.subject + letter.body + str(letter.extra_headers)
        assert SAID not in text
        assert Tip.objects.get().reference not in text


def test_the_queue_carries_ids_only(client, address, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        send(client, address)
    from django_q.models import OrmQ

    assert OrmQ.objects.exists()
    for row in OrmQ.objects.all():
        assert SAID not in str(row.payload) + str(row.task)


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("notify_recipients", RuntimeError),
        ("notify_recipients", KeyRingError),
        ("log_event", DatabaseError),
        ("codes.compute_hash", KeyRingError),
    ],
)
def test_whatever_fails_while_receiving_it_leaves_nothing_behind_and_loses_nothing(
    client, address, monkeypatch, caplog, capfd, place, error
):
    def fail(*args, **kwargs):
        raise error(SAID)

    review = to_review(client, address)
    with monkeypatch.context() as broken, caplog.at_level("DEBUG"):
        broken.setattr(f"case_forms.tips.public_actions.{place}", fail)
        answered = press(client, address, review, "send")
    html = answered.content.decode()
    assert answered.status_code == 503
    assert "NOT sent" in html
    out = capfd.readouterr()
    assert SAID not in out.out + out.err + caplog.text
    for model in (Tip, TipEvent, Notice, RateCount):
        assert not model.objects.exists(), model
    assert not AuditEntry.objects.filter(action__startswith="signal").exists()
    assert press(client, address, html, "send").status_code == 200
    assert Tip.objects.get().answers["what"] == SAID


def test_a_fault_elsewhere_leaves_no_word_of_it_in_the_log_or_the_page(client, address, monkeypatch, caplog, capfd):
    def fail(*args, **kwargs):
        raise RuntimeError(SAID)

    review = to_review(client, address)
    monkeypatch.setattr(ask.steps, "validate_form_state", fail)
    client.raise_request_exception = False
    answered = press(client, address, review, "send")
    assert answered.status_code == 500
    out = capfd.readouterr()
    assert SAID not in out.out + out.err
    assert SAID not in answered.content.decode()
    assert 'href="tel:129"' in answered.content.decode()


# ---- lines, on every step ----


def every_step(client, address):
    """Each page of the way there and back, by name."""
    steps = {"start": client.get(reverse("asking:start")), "no place": client.get(reverse("asking:card", args=["X"]))}
    steps["what"] = client.get(address)
    steps["lost"] = client.post(address, {"what": SAID, "go": "next"})
    html = steps["what"].content.decode()
    for name, typed in (("danger", {"what": SAID, "danger_now": "yes"}), ("where", {}), ("review", {})):
        steps[name] = press(client, address, html, "next", **typed)
        html = steps[name].content.decode()
    steps["receipt"] = press(client, address, html, "send")
    code = code_in(steps["receipt"].content.decode())
    back = reverse("asking:back")
    steps["code"] = client.get(back)
    steps["codes have been tried"] = client.post(
        back, {**hidden(steps["code"].content.decode()), "code": "0000-0000-0000"}
    )
    steps["talk"] = press(client, back, steps["codes have been tried"].content.decode(), "code", code=code)
    talk = steps["talk"].content.decode()
    steps["empty"] = press(client, back, talk, "add", text="")
    steps["taking back"] = press(client, back, talk, "ask_take_back")
    steps["taken back"] = press(client, back, steps["taking back"].content.decode(), "take_back")
    return steps


def test_on_every_step_the_danger_number_comes_first_and_a_line_grown_old_is_gone(client, address, monkeypatch):
    monkeypatch.setattr(rate_limits, "TRY_WAIT_SECONDS", 0)
    Hotline.objects.filter(key="child").update(never_stale=False)
    today = timezone.localdate()
    fresh = every_step(client, address)
    assert any("tel:116111" in each.content.decode() for each in fresh.values())
    monkeypatch.setattr(timezone, "localdate", lambda *_args, **_given: today + timedelta(days=31))
    for name, answered in every_step(client, address).items():
        html = answered.content.decode()
        body = html[html.index("<body") :]
        assert body.index('href="tel:129"') < body.index("<h1"), name
        assert "116111" not in html, name
        assert "116 111" not in html, name
        assert answered["Cache-Control"] == "no-store", name
        assert answered["Referrer-Policy"] == "no-referrer", name
        assert not answered.cookies, name
