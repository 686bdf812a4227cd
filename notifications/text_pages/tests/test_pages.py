"""The screens of the texts: who reads what, and that nobody words messages alone."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from access.languages import LANGUAGES
from access.models import StaffRole, User
from notifications.outbox.models import Purpose
from notifications.texts.definitions import Medium
from notifications.texts.in_force import get_shipped, kept
from notifications.texts.models import TextVersion
from notifications.texts.registry import TEXTS
from notifications.texts.senders import SenderSet
from notifications.texts.tests.people import GREETING, propose
from tests.world.places import make_place, make_user

from ..differences import compare
from ..previews import BACK, OF_MEDIUM, SITUATIONS, Situation, build_preview, choose_situation

pytestmark = pytest.mark.django_db
WRITTEN = {"text_sq": GREETING["sq"], "text_en": GREETING["en"], "reason": "Më e shkurtër", "do": "propose"}


def sign_in(role: str = StaffRole.COORDINATOR) -> tuple[Client, User]:
    region = make_place().region if role == StaffRole.COORDINATOR else None
    user = make_user(role, region=region, language="en")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client = Client()
    client.force_login(user)
    return client, user


@pytest.fixture
def mine() -> tuple[Client, User]:
    return sign_in()


@pytest.fixture
def other() -> tuple[Client, User]:
    return sign_in()


@pytest.mark.parametrize("medium", Medium.values)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_says_each_text_as_it_is_now(medium: str, language: str, mine: Any) -> None:
    page = mine[0].get("/cms/texts/", {"in": medium, "language": language})
    assert [row["key"] for row in page.context["rows"]] == [key for key, text in TEXTS.items() if text.medium == medium]
    assert page.context["rows"][0]["text"] == get_shipped(page.context["rows"][0]["key"], language)


@pytest.mark.parametrize("address", ["/cms/texts/?in=x", "/cms/texts/?language=xx", "/cms/texts/mail.gone/"])
def test_what_there_is_not_is_a_404(address: str, mine: Any) -> None:
    assert mine[0].get(address).status_code == 404


@pytest.mark.parametrize("key", TEXTS)
def test_each_text_is_seen_where_it_stands(key: str) -> None:
    trial = {key: {"sq": " ".join(["Provohet", *(f"{{{name}}}" for name in TEXTS[key].placeholders)])}}
    if TEXTS[key].medium != Medium.DOCUMENT:
        shown = build_preview(choose_situation(key), "sq", now=timezone.now(), trial=trial)
        assert "Provohet" in shown.subject + shown.text


@pytest.mark.parametrize("key", ["mail.genuine_phone", "sms.many", "push.test", "voice.notice", "document.receipt"])
def test_the_page_of_a_text_shows_it_in_each_language(key: str, mine: Any) -> None:
    page = mine[0].get(f"/cms/texts/{key}/")
    shown = [each.language for each in page.context["previews"]]
    assert shown == ([] if TEXTS[key].medium == Medium.DOCUMENT else list(LANGUAGES))
    assert (page.context["paper"] is not None) == (TEXTS[key].medium == Medium.DOCUMENT)


def test_one_proposes_another_one_agrees_and_the_list_says_so(mine: Any, other: Any) -> None:
    answer = mine[0].post("/cms/texts/mail.greeting/", WRITTEN)
    version = TextVersion.objects.get()
    assert answer["Location"] == f"/cms/texts/version/{version.pk}/"
    assert "waits for a second coordinator" in mine[0].get("/cms/texts/").content.decode()
    assert mine[0].post(answer["Location"], {"decision": "agree"}).status_code == 409
    page = other[0].get(answer["Location"]).content.decode()
    assert "<del>I nderuar koleg" in page
    assert f"<ins>{GREETING['sq'].split(',')[0]}" in page
    assert other[0].post(answer["Location"], {"decision": "agree", "answer": "Po"}).status_code == 302
    kept.forget()
    row = next(row for row in mine[0].get("/cms/texts/").context["rows"] if row["key"] == "mail.greeting")
    assert (row["text"], row["is_changed"], row["waiting"]) == (GREETING["sq"], True, None)


def test_a_wrong_text_comes_back_with_words_beside_its_field_and_is_not_stored(mine: Any) -> None:
    page = mine[0].post("/cms/texts/mail.greeting/", WRITTEN | {"text_sq": "Lexo te vatra.al", "reason": ""})
    assert page.status_code == 422
    html = page.content.decode()
    assert 'aria-describedby="text_sq_error"' in html
    assert "No link may stand in a text" in html
    assert "<title>Error:" in " ".join(html.split()).replace("<title> ", "<title>")
    assert not TextVersion.objects.exists()


def test_checking_stores_nothing_and_shows_the_message(mine: Any) -> None:
    page = mine[0].post("/cms/texts/sms.notice/", {"text_sq": "Ju pret {code}. {link}", "text_en": "", "do": "check"})
    assert page.status_code == 200
    html = page.content.decode()
    assert "Ju pret 7K2M9-QXZ." in html
    assert not TextVersion.objects.exists()
    part = mine[0].post(
        "/cms/texts/sms.notice/", {"text_sq": "x" * 5000, "do": "check"}, headers={"X-Requested-With": "XMLHttpRequest"}
    )
    assert "much too long" in part.content.decode()
    assert "<form" not in part.content.decode()


def test_what_is_shipped_is_proposed_as_such(mine: Any, other: Any) -> None:
    mine[0].post("/cms/texts/mail.greeting/", WRITTEN)
    other[0].post(f"/cms/texts/version/{TextVersion.objects.get().pk}/", {"decision": "agree"})
    kept.forget()
    fields = {f"text_{code}": get_shipped("mail.greeting", code) for code in LANGUAGES}
    mine[0].post("/cms/texts/mail.greeting/", WRITTEN | fields)
    assert TextVersion.objects.latest("pk").texts == {}


def test_an_earlier_version_is_where_one_begins(mine: Any) -> None:
    version = propose(mine[1])
    page = mine[0].get("/cms/texts/mail.greeting/", {"as": version.pk})
    assert [side["value"] for side in page.context["sides"]] == [GREETING[code] for code in LANGUAGES]
    assert mine[0].get("/cms/texts/mail.code/", {"as": version.pk}).status_code == 404
    for wrong in ("x", "9" * 30, "-1", "٣"):
        assert mine[0].get("/cms/texts/mail.greeting/", {"as": wrong}).status_code == 404


def test_a_version_of_a_text_that_is_gone_is_read_and_refused(mine: Any, other: Any) -> None:
    version = TextVersion.objects.create(key="mail.gone", texts=GREETING, proposed_by=mine[1])
    address = f"/cms/texts/version/{version.pk}/"
    page = other[0].get(address).content.decode()
    assert "A release took this text out" in page
    assert GREETING["sq"] in page
    assert other[0].post(address, {"decision": "agree"}).status_code == 409
    assert other[0].post(address, {"decision": "refuse"}).status_code == 302
    assert mine[0].get("/cms/texts/").status_code == 200


def test_what_somebody_wrote_is_text_and_never_html(mine: Any, other: Any) -> None:
    texts = {"sq": "<img src=x onerror=alert(1)>", "en": "<b>x</b>"}
    version = TextVersion.objects.create(key="mail.greeting", texts=texts, words={"reason": "<i>"}, proposed_by=mine[1])
    page = other[0].get(f"/cms/texts/version/{version.pk}/").content.decode()
    assert "<img src=x" not in page
    assert "<i>" not in page


@pytest.mark.parametrize("medium", Medium.values)
def test_whole_messages_are_shown_by_way_situation_and_language(medium: str, mine: Any) -> None:
    for situation in OF_MEDIUM[medium]:
        for language in LANGUAGES:
            asked = {"in": medium, "situation": situation, "language": language, "urgent": "1", "drill": "1"}
            assert mine[0].get("/cms/texts/preview/", asked).status_code == 200
    assert mine[0].get("/cms/texts/preview/", {"in": medium, "situation": "x"}).status_code == 404


def test_every_situation_is_one_that_a_notice_knows() -> None:
    assert set(SITUATIONS) - {"many", *BACK} <= set(Purpose.values)


def test_a_paper_is_shown_with_a_text_that_waits(mine: Any, other: Any) -> None:
    texts = {"sq": "Konfidenciale për marrësin.", "en": "Confidential for its recipient."}
    version = propose(mine[1], "document.confidential", texts)
    response = other[0].get("/cms/texts/preview/paper/", {"in": "document", "language": "en", "version": version.pk})
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)
    assert texts["en"] in " ".join(text.split())
    assert "made up" in text
    plain = other[0].get("/cms/texts/preview/paper/", {"in": "document", "language": "en", "drill": "1"})
    assert "EXERCISE" in PdfReader(io.BytesIO(plain.content)).pages[0].extract_text()
    assert other[0].get("/cms/texts/preview/paper/", {"version": "999999"}).status_code == 404


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.OPERATOR, StaffRole.AUDITOR])
def test_nobody_but_coordinators_comes_in(role: str) -> None:
    client, _user = sign_in(role)
    for address in ("/cms/texts/", "/cms/texts/mail.greeting/", "/cms/texts/preview/", "/cms/texts/preview/paper/"):
        assert client.get(address).status_code in (302, 403, 404)


def test_the_difference_of_two_texts_is_read_word_by_word() -> None:
    pieces = [(piece.kind, piece.text) for piece in compare("Open {link} now", "Open it: {link} now")]
    assert pieces == [("same", "Open"), ("new", " it:"), ("same", " {link} now")]
    assert "".join(piece.text for piece in compare("a b", "c d") if piece.kind != "new") == "a b"


def test_a_mail_that_is_no_drill_shows_none() -> None:
    shown = build_preview(Situation(Medium.MAIL), "en", now=timezone.now())
    assert "DRILL" not in shown.subject + shown.text


def test_the_sender_is_shown_as_a_mail_program_shows_it() -> None:
    shown = build_preview(Situation(Medium.MAIL, sender=SenderSet.NEUTRAL), "sq", now=timezone.now())
    assert shown.sender.startswith("Shërbimi i njoftimeve <")
