"""The notice on paper."""

import io
import json
import socket
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from notifications.directory.models import Contact, Role
from notifications.outbox.models import BriefDocument, Notice, Purpose
from notifications.texts.registry import OTHER_TITLE, get_title_key

from .. import documents, papers
from ..composing import BriefRow, compose
from ..replies import answer
from ..sections import get_sections
from ..tasks import render_document as render_task
from .conftest import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def ra_notice(make_notice: Callable[..., Notice]) -> Notice:
    return make_notice("responsible_authority", needs_document=True)


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def get_text(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def get_fonts(pdf: bytes) -> list[DictionaryObject]:
    found = []
    for page in read(pdf).pages:
        for font in page["/Resources"]["/Font"].values():
            found += [descendant.get_object() for descendant in font.get_object()["/DescendantFonts"]]
    return found


def test_the_document_says_what_the_brief_says_and_nothing_else(ra_notice: Notice) -> None:
    text = get_text(documents.render(ra_notice).pdf)

    assert "Kanarina Zogu" in text
    assert "Mosha 16" in text
    assert ra_notice.code in text
    assert "7K2M9P" in text
    assert "Zyra responsible_authority" in text
    assert "Parku" not in text
    assert "vetëm për njësinë" not in text


def test_the_document_is_tagged_titled_and_has_a_language(ra_notice: Notice) -> None:
    reader = read(documents.render(ra_notice).pdf)

    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "sq"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert ra_notice.code in str(reader.metadata and reader.metadata.title)
    assert b"pdfuaid" in root["/Metadata"].get_data()


def test_a_contact_who_reads_english_gets_albanian_for_the_file_and_english_after_it(
    make_contact: Callable[..., object], make_notice: Callable[..., Notice]
) -> None:
    notice = make_notice("cpu", contact=make_contact("cpu", language="en"), needs_document=True)

    pdf = documents.render(notice).pdf
    text = get_text(pdf)

    assert read(pdf).trailer["/Root"]["/Lang"] == "sq"
    assert text.index("Njoftim për Njësinë") < text.index("Notice to the Child Protection Unit")
    assert text.index("Zyra cpu") < text.index("Office cpu")
    assert text.count("Nënshkrimi") == 2
    assert "Signature" not in text


def test_who_reads_albanian_gets_one_language(ra_notice: Notice) -> None:
    assert documents.get_languages(ra_notice) == ("sq",)
    assert "English" not in get_text(documents.render(ra_notice).pdf)


def test_every_font_is_embedded_and_ours(ra_notice: Notice) -> None:
    fonts = get_fonts(documents.render(ra_notice).pdf)

    assert {str(font["/BaseFont"]).partition("+")[2] or str(font["/BaseFont"]) for font in fonts}
    for font in fonts:
        descriptor = font["/FontDescriptor"]
        assert "/FontFile2" in descriptor or "/FontFile3" in descriptor
        assert "Liberation" in str(font["/BaseFont"]) or "Notice" in str(font["/BaseFont"])


def test_each_page_names_the_recipient_and_its_number(make_notice: Callable[..., Notice]) -> None:
    long = {
        "sections": [
            {
                "title": {"sq": "Personi", "en": "The person"},
                "rows": [
                    {"key": f"k{n}", "label": {"sq": f"Pyetja {n}"}, "value": {"sq": "përgjigje e gjatë " * 12}}
                    for n in range(40)
                ],
            }
        ]
    }
    notice = make_notice("cpu", brief=long, needs_document=True)

    rendered = documents.render(notice)

    pages = [page.extract_text() for page in read(rendered.pdf).pages]
    assert len(pages) == rendered.pages > 2
    for number, page in enumerate(pages, start=1):
        assert "Zyra cpu" in page
        assert f"{number} / {len(pages)}" in page
        assert "Personi" in page or number == len(pages)
        assert notice.code in page


@pytest.mark.parametrize("many", range(10, 27, 2))
def test_the_signature_never_stands_alone_on_a_sheet(make_notice: Callable[..., Notice], many: int) -> None:
    lines = [{"key": f"k{n}", "label": {"sq": f"Pyetja {n}"}, "value": {"sq": "Përgjigje"}} for n in range(many)]
    halves = [{"title": {"sq": f"Pjesa {n}"}, "rows": lines[n::2]} for n in range(2)]
    notice = make_notice("cpu", brief={"sections": halves}, needs_document=True)

    last = read(documents.render(notice).pdf).pages[-1].extract_text()

    assert "Numri i protokollit" in last
    assert "Pyetja" in last


def test_the_same_notice_gives_the_same_bytes(ra_notice: Notice) -> None:
    assert documents.render(ra_notice).pdf == documents.render(ra_notice).pdf


def test_a_drill_says_so_on_paper(make_contact: Callable[..., object], make_notice: Callable[..., Notice]) -> None:
    notice = make_notice("cpu", contact=make_contact("cpu", language="en"), needs_document=True, is_drill=True)

    assert "STËRVITJE" in get_text(documents.render(notice).pdf)
    assert "EXERCISE" in get_text(documents.render(notice).pdf)


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="{file}" alt="">',
        '<img src="http://127.0.0.1:9/x.png" alt="">',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">',
        '<img src="relative.png" alt="">',
        '<link rel="stylesheet" href="{file}">',
        '<style>@import url("{file}");</style>',
        '<p style="background: url({file})">x</p>',
        '<link rel="attachment" href="{file}">',
        '<object data="{file}"></object>',
    ],
)
def test_a_document_that_reaches_for_a_file_or_the_network_fails(
    markup: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')

    def no_network(*args: object, **kwargs: object) -> None:
        raise AssertionError("the network was reached")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    page = '<html lang="sq"><title>x</title><body>' + markup.format(file=secret.as_uri()) + "</body></html>"

    with pytest.raises(documents.DocumentRefused) as refused:
        documents.to_pdf(page, identifier="x")
    assert "secret" not in str(refused.value)


def test_markup_in_an_answer_stays_text(make_notice: Callable[..., Notice], tmp_path: Path) -> None:
    nasty = f'<img src="{(tmp_path / "x").as_uri()}"><b>1</b>'
    brief = {"sections": [{"title": {"sq": "P"}, "rows": [{"key": "k", "label": {"sq": "E"}, "value": {"sq": nasty}}]}]}
    notice = make_notice("cpu", brief=brief, needs_document=True)

    assert "<b>1</b>" in get_text(documents.render(notice).pdf)


def test_the_queue_renders_once_and_seals_the_bytes(ra_notice: Notice) -> None:
    render_task(str(ra_notice.pk))
    render_task(str(ra_notice.pk))

    document = BriefDocument.objects.get(notice=ra_notice)
    assert document.pages == len(read(documents.build_pdf(ra_notice)).pages)
    assert document.pdf.startswith(b"%PDF-1.7")
    assert documents.build_pdf(ra_notice) == document.pdf
    raw = BriefDocument.objects.filter(pk=document.pk).values_list("pdf", flat=True)[0]
    assert str(raw).startswith("v2.")


def test_two_who_render_at_once_keep_one_document(ra_notice: Notice, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(notice: Notice) -> documents.Rendered:
        BriefDocument.objects.create(notice=notice, pdf=b"%PDF first", pages=1)
        return documents.Rendered(b"%PDF second", 1)

    monkeypatch.setattr(documents, "render", meanwhile)

    assert documents.render_document(ra_notice).pdf == b"%PDF first"


def test_the_queue_leaves_alone_what_needs_no_document_or_is_gone(notice: Notice) -> None:
    render_task(str(notice.pk))
    render_task("00000000-0000-0000-0000-000000000000")

    assert not BriefDocument.objects.exists()


def test_an_urgent_notice_says_so_before_anything_else(make_notice: Callable[..., Notice]) -> None:
    urgent = make_notice("cpu", brief=compose("cpu", rows(), urgent=True), needs_document=True)
    text = get_text(documents.render(urgent).pdf)
    assert text.index("URGJENT") < text.index("Njoftim për Njësinë")
    assert "URGJENT" not in get_text(documents.render(make_notice("cpu", needs_document=True)).pdf)


def test_the_deputys_document_says_who_had_not_answered_and_stays_the_same(
    make_contact: Callable[..., Contact], make_notice: Callable[..., Notice]
) -> None:
    first = make_notice("cpu", needs_document=True)
    deputy = make_notice(
        "cpu", contact=make_contact("cpu", rank=2), chases=first, purpose=Purpose.DEPUTY, needs_document=True
    )
    pdf = documents.render(deputy).pdf
    assert f"Njoftoheni si zëvendës: {first.contact.name} u njoftua" in get_text(pdf)
    answer(notice=first, kind="declined", reason="busy_elsewhere")
    assert documents.render(Notice.objects.get(pk=deputy.pk)).pdf == pdf


# ---- what an official's sheet says beside the brief ----


def owed_together(make_notice: Callable[..., Notice], *roles: str, **given: object) -> list[Notice]:
    """Notices of one event, the last of them first."""
    event = uuid4()
    return [make_notice(role, event_id=event, needs_document=True, **given) for role in roles][::-1]


def test_the_sheet_names_its_legal_basis_and_says_that_it_is_no_criminal_report(
    make_notice: Callable[..., Notice],
) -> None:
    text = get_text(documents.render(make_notice("responsible_authority", needs_document=True)).pdf)
    assert "Baza ligjore Vendimi i Këshillit të Ministrave nr. 499, datë 29.08.2018" in text
    assert "Ky njoftim nuk është kallëzim penal dhe nuk e zëvendëson deklarimin e personit." in text
    assert "Qendra Psiko-Sociale “Vatra”" in text
    child = get_text(documents.render(make_notice("cpu", needs_document=True)).pdf)
    assert "Ligji nr. 18/2017" in child


def test_only_a_law_that_a_source_names_is_printed_and_all_are_marked_for_the_lawyer() -> None:
    written = json.loads(papers.DATA.read_text(encoding="utf-8"))
    laws = written["laws"]
    assert all(law["for_lawyer"] is True and law["source"] for law in laws.values())
    assert {law["confidence"] for law in laws.values()} > {"source"}
    for paper in written["roles"].values():
        printed = papers._laws(paper["legal"], "sq")
        assert printed == [laws[key]["sq"] for key in paper["legal"] if laws[key]["confidence"] == "source"]


def test_the_sheet_names_the_other_recipients_by_role_and_nobody_by_name(make_notice: Callable[..., Notice]) -> None:
    authority, police = owed_together(make_notice, "police", "responsible_authority")
    pdf = documents.render(authority).pdf
    text = get_text(pdf)
    assert "I drejtohet edhe Oficeri antitrafik i Policisë së Shtetit" in text
    assert police.contact is not None
    assert police.contact.name not in text
    answer(notice=police, kind="accepted")
    assert documents.render(Notice.objects.get(pk=authority.pk)).pdf == pdf


@pytest.mark.parametrize("role", ["school", "social_service", "health", "psychologist", "embassy_desk"])
def test_whoever_only_helps_learns_neither_the_others_nor_the_law_on_trafficking(
    make_notice: Callable[..., Notice], role: str
) -> None:
    notice, _police = owed_together(make_notice, "police", role)
    text = get_text(documents.render(notice).pdf)
    for word in ("I drejtohet edhe", "olici", "499", "trafik", "kallëzim"):
        assert word not in text


def test_duty_and_consent_are_told_apart(make_notice: Callable[..., Notice]) -> None:
    consent = BriefRow(
        "consent_basis",
        {"sq": "Baza e pëlqimit"},
        {"sq": "me shkrim"},
        {"protection_service": True, "police": True},
        part="consent",
    )

    def text(role: str, *given: BriefRow) -> str:
        return get_text(documents.render(make_notice(role, brief=compose(role, given), needs_document=True)).pdf)

    assert "Ky njoftim nuk e shënon pëlqimin e personit" in text("protection_service")
    assert "Pëlqimi i personit, siç shënohet te “Pëlqimi”." in text("protection_service", consent)
    assert "nuk pret pëlqimin e personit" in text("police")
    assert "Çfarë pranoi vetë personi" in text("police", consent)


def test_the_sender_signs_and_stands_on_the_sheet_once(make_notice: Callable[..., Notice]) -> None:
    sender = BriefRow("case.sender", {"sq": "Plotësuar nga"}, {"sq": "Elira Kanarina"}, {"cpu": True}, part="call")
    text = get_text(documents.render(make_notice("cpu", brief=compose("cpu", [sender]), needs_document=True)).pdf)
    assert text.count("Elira Kanarina") == 1
    assert "Elira Kanarina, Njësia Provë · +355691112233" in text


def test_the_notice_for_an_embassy_says_to_the_authority_for_whom_it_is(
    make_contact: Callable[..., Contact], make_notice: Callable[..., Notice]
) -> None:
    notice = make_notice("embassy_desk", contact=make_contact("responsible_authority"), needs_document=True)
    text = get_text(documents.render(notice).pdf)
    assert "Zyra responsible_authority" in text
    assert "Për t'u përcjellë te Ambasada, përmes Autoritetit Përgjegjës" in text


@pytest.mark.parametrize("role", Role.values)
def test_every_role_has_its_own_paper(role: str) -> None:
    if role != Role.COORDINATOR:  # who is asked to call gets no paper
        assert get_title_key(role) != OTHER_TITLE
        assert role in json.loads(papers.DATA.read_text(encoding="utf-8"))["roles"]


def test_what_is_never_printed_is_on_the_screen_and_not_on_paper(make_notice: Callable[..., Notice]) -> None:
    def row(key: str, value: str, **more: bool) -> dict[str, object]:
        return {"key": key, "label": {"sq": key}, "value": {"sq": value}, **more}

    brief = {
        "sections": [
            {
                "title": {"sq": "Kontakti"},
                "rows": [row("how", "takim"), row("code_word", "kanarina-fjala", paper=False)],
            },
            {"title": {"sq": "Vetëm në ekran"}, "rows": [row("number", "kanarina-numri", paper=False)]},
        ]
    }
    notice = make_notice("cpu", brief=brief, needs_document=True)

    printed = get_text(documents.render(notice).pdf)

    assert "takim" in printed
    assert "kanarina" not in printed
    assert "Vetëm në ekran" not in printed
    shown = [row.value for section in get_sections(notice, "sq") for row in section.rows]
    assert shown == ["takim", "kanarina-fjala", "kanarina-numri"]
