"""Render a notice on paper: A4, tagged (PDF/UA-1), in Albanian and the recipient's language, legible without colours.

WeasyPrint is given two stylesheets and two fonts; anything else stops the rendering (`content.printables`). The same
notice always gives the same bytes.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext

from access.models import localize
from content.printables.pdf import NotGiven, Rendered, read_parts, render_closed
from notifications.directory.models import Partner, Role
from notifications.outbox.models import BriefDocument, Notice
from notifications.outbox.sender import get_sender, get_unit_to_call
from notifications.texts.in_force import Wording
from notifications.texts.registry import get_title_key

from .pages import why_told
from .paper_rows import Line, lay_out, pair_rows
from .papers import paper_facts
from .protocol import assign_protocol_numbers, get_protocol_number
from .sections import URGENCY, Section, SectionRow, exclude_rows, get_sections, is_urgent

HERE = Path(__file__).parent
PARTS: dict[str, tuple[Path, str]] = {
    "brief:document.css": (HERE / "document.css", "text/css"),
    "brief:pocket_card.css": (HERE / "pocket_card.css", "text/css"),
    "brief:pin_card.css": (HERE / "pin_card.css", "text/css"),
    "brief:answers.css": (HERE / "answers.css", "text/css"),
    "brief:register.css": (HERE / "register.css", "text/css"),
    "brief:LiberationSans-Regular.ttf": (HERE / "fonts" / "LiberationSans-Regular.ttf", "font/ttf"),
    "brief:LiberationSans-Bold.ttf": (HERE / "fonts" / "LiberationSans-Bold.ttf", "font/ttf"),
}
TEMPLATE = "briefs/document.html"
VERSION_TEMPLATE = "briefs/document_version.html"
OFFICE_LANGUAGE = "sq"  # of the office's own file, whatever the recipient reads
# Rows that stand in the sheet's head or at its signature.
SHOWN_ELSEWHERE = frozenset({"case.reference", "case.sender"})
AT_SIGNATURE = frozenset({"case.unit", "case.callback"})  # of a compact sheet, which has them there only


class DocumentRefused(Exception):
    """Raised when a document asks for something that isn't one of its own parts. Says nothing of what was asked for."""


def render_document(notice: Notice) -> BriefDocument:
    """Render and store the notice's PDF, sealed. Rendered once: a second call returns the first document.

    Raises DocumentRefused.
    """
    found = BriefDocument.objects.filter(notice=notice).first()
    if found is not None:
        return found
    with transaction.atomic():
        assign_protocol_numbers([notice])  # one of before there were numbers, or one that was sent on
    rendered = render(notice)
    sealed: dict[str, Any] = {"pdf": rendered.pdf, "pages": rendered.pages}
    try:
        with transaction.atomic():
            if _was_corrected(notice):
                # Nothing is stored, and so the next one who asks gets a sheet of the corrected brief.
                return BriefDocument(notice=notice, **sealed)
            return BriefDocument.objects.create(notice=notice, **sealed)
    except IntegrityError:
        # Another worker was faster; the savepoint leaves the caller's transaction usable.
        return BriefDocument.objects.get(notice=notice)


def _was_corrected(notice: Notice) -> bool:
    """Tell whether the brief was replaced after this instance was read (`correcting`). Locks the notice."""
    read = notice.__dict__.get("brief")
    stored = Notice.objects.select_for_update().only("brief").get(pk=notice.pk).__dict__["brief"]
    return read is not None and bool(stored != read)


def build_pdf(notice: Notice) -> bytes:
    """Return the PDF's bytes for reading: the stored document, or one made for this reader and not stored."""
    found = BriefDocument.objects.filter(notice=notice).first()
    stored: Any = found.pdf if found is not None else None
    return stored if stored is not None else render(notice).pdf


def render(notice: Notice, *, more: Callable[[str], list[Section]] | None = None) -> Rendered:
    """Lay the notice out, in each of its languages. Touches no disk beyond PARTS. Raises DocumentRefused.

    `more`: gives, for a language, sections of a file that goes with the notice; they stand after its own.
    """
    languages = get_languages(notice)
    versions = [_render_version(notice, each, is_first=not n, more=more) for n, each in enumerate(languages)]
    html = render_to_string(TEMPLATE, {"notice": notice, "versions": versions})
    return to_pdf(html, identifier=notice.code)


def get_languages(notice: Notice) -> tuple[str, ...]:
    """Return Albanian, for the office's file, and after it the recipient's own language, where that is another."""
    return (OFFICE_LANGUAGE,) if notice.language == OFFICE_LANGUAGE else (OFFICE_LANGUAGE, notice.language)


def to_pdf(html: str, *, identifier: str) -> Rendered:
    """Render PDF/UA-1 from a page that refers to PARTS only. Raises DocumentRefused, Busy."""
    ours = read_parts(tuple((url, *file) for url, file in PARTS.items()))
    try:
        return render_closed(html, ours, base_url="brief:", identifier=identifier)
    except NotGiven:
        raise DocumentRefused("the document asked for something outside itself") from None


def _render_version(
    notice: Notice, language: str, *, is_first: bool, more: Callable[[str], list[Section]] | None
) -> dict[str, Any]:
    """Render one language of the document: {"language", "title", "organisation", "partner_name", "html"}."""
    with translation.override(language):
        file = lay_out(more(language), is_compact=False) if more is not None else []
        context = _build_context(notice, language) | {"is_first": is_first, "file": file}
        html = render_to_string(VERSION_TEMPLATE, context)
    named = {key: context[key] for key in ("language", "title", "organisation", "partner_name")}
    return named | {"html": mark_safe(html)}  # noqa: S308 - our own template's, escaped there


def _build_context(notice: Notice, language: str) -> dict[str, Any]:
    contact = notice.contact
    partner = contact.partner if contact else notice.partner
    urgent = is_urgent(notice)
    written = get_sections(notice, language, on_paper=True)
    facts = paper_facts(notice, {section.title for section in written}, language)
    elsewhere = SHOWN_ELSEWHERE | ({URGENCY} if urgent else set()) | (AT_SIGNATURE if facts.is_compact else set())
    sections, sender = _split_for_paper(written, elsewhere)
    unit, sender_of = get_unit_to_call(notice), get_sender(notice)
    words = word_paper(notice.role, Wording(language, notice.owed_at, sender=sender_of))
    context = {
        "notice": notice,
        "language": language,
        "title": words["title"],
        "words": words,
        "organisation": str(sender_of.organisation),
        "names": sender_of,
        "partner_name": localize(partner.names, language) if partner else "",
        "through": _get_final_recipient(notice, partner),
        "contact": contact,
        "sections": lay_out(sections, is_compact=facts.is_compact),
        "sender": sender,
        "unit_name": sender_of.name_unit(unit.name) if unit else "",
        "unit_phone": unit.callback_phone if unit else "",
        "facts": facts,
        "protocol_number": get_protocol_number(notice),
        "is_urgent": urgent,
        "why_told": why_told(notice),
    }
    return context | {"head": _build_head(context)}


def word_paper(role: str, wording: Wording) -> dict[str, str]:
    """Return the sentences of a paper by what they are for. The moment of `wording` is the notice's: the same notice
    gives the same bytes, whatever the texts become later.
    """
    kinds = ("drill", "urgent", "not_a_report", "confidential", "receipt")
    return {"title": wording.say(get_title_key(role))} | {kind: wording.say(f"document.{kind}") for kind in kinds}


def _build_head(context: Mapping[str, Any]) -> tuple[Line, ...]:
    """Build the lines under the title: to whom, about what, when, on what basis."""
    notice, contact, facts = context["notice"], context["contact"], context["facts"]
    to = [context["partner_name"]]
    if contact:
        to.append(f"{contact.name}, {contact.duty}" if contact.duty else contact.name)
    rows = [
        (gettext("To"), "\n".join(to)),
        (gettext("To be passed on to"), context["through"]),
        (gettext("Case"), notice.case_reference),
        (gettext("Protocol number"), context["protocol_number"]),
        (gettext("Date and time"), _format_moment(notice.owed_at)),
        (gettext("Answer expected by"), _format_moment(notice.answer_by) if notice.answer_by else ""),
        (gettext("Identified by"), _name_sender(context) if facts.is_compact and context["sender"] else ""),
        (gettext("Legal basis"), "\n".join(facts.legal)),
        (gettext("Why it is sent"), "\n".join(facts.basis)),
        (gettext("Also addressed to"), ", ".join(facts.recipients)),
    ]
    written = [SectionRow(label, value) for label, value in rows if value]
    return pair_rows(written) if facts.is_compact else tuple((row,) for row in written)


def _name_sender(context: Mapping[str, Any]) -> str:
    return ", ".join(name for name in (context["sender"], context["unit_name"]) if name)


def _format_moment(moment: datetime) -> str:
    return date_format(localtime(moment), "d.m.Y H:i")


def _get_final_recipient(notice: Notice, partner: Partner | None) -> str:
    """Return for whom the notice is, where another role's office is to pass it on; else ""."""
    return "" if partner is None or partner.role == notice.role else capfirst(str(Role(notice.role).label))


def _split_for_paper(sections: tuple[Section, ...], elsewhere: Collection[str]) -> tuple[list[Section], str]:
    """Return the sections without what stands elsewhere on the sheet, and the sender's name for the signature."""
    sender = next((row.value for section in sections for row in section.rows if row.key == "case.sender"), "")
    return exclude_rows(sections, elsewhere), sender
