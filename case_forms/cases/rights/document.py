"""What the person gets: their data in plain words, who received it and on what ground, how long it is stored, rights.

Made once, when the first person proposes it, and stored sealed: the second person agrees to exactly this, and the PDF
and the JSON say the same (docs/rights.md has the JSON's shape).
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.languages import get_current_language
from access.models import localize
from audit import clock
from notifications.briefs.documents import to_pdf
from notifications.directory.models import Role
from notifications.outbox.models import Notice
from notifications.texts.senders import ORGANISATION

from ..consent.gate import BY_CONSENT, VITAL_INTEREST, WITHOUT_CONTENT
from ..consent.ledger import Recipient, open_state
from ..consent.models import ConsentPurpose
from ..consent.rules import needs_consent
from ..models import Case, ConsentEntry, SharingDecision, from_moved_form, said_of
from ..retention.terms import get_term_months
from .choices import get_choices
from .held import OTHERS, OWN, WORDS, HeldForm
from .models import RightKind, RightsRequest

FORMAT = 1
TEMPLATE = "cases/rights/document.html"
OWN_ROLES = (Role.MOBILE_UNIT.value, Role.COORDINATOR.value)
ERASURE_TEMPLATE = "cases/rights/erasure_paper.html"


def build_document(
    request: RightsRequest, forms: list[HeldForm], kept: Collection[str], reasons: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Build what the person gets, in the request's language. `kept`: the keys of the pieces that are left in.

    `reasons`: {key: code of `choices` "left_out"} of pieces that are left out for more than the usual reason. A piece
    about others, and one that can't be opened, is left out whatever `kept` says.
    """
    case, chosen = request.case, set(kept)
    with translation.override(request.language):
        return {
            "format": FORMAT,
            "language": request.language,
            "organisation": str(ORGANISATION),
            "case": case.reference,
            "asked_on": request.asked_on.isoformat(),
            "made_on": timezone.localdate(clock.now()).isoformat(),
            "forms": [built for form in forms if (built := _build_form(form, chosen))],
            "consents": _list_consents(case, request.language),
            "recipients": list_recipients(case),
            "left_out": _count_left_out(forms, chosen, reasons or {}),
            "storage": word_storage(case),
            "rights": _list_rights(),
        }


def render_pdf(request: RightsRequest) -> bytes:
    """Render the stored document as PDF/UA. Raises DocumentRefused, Busy."""
    document: Any = request.document
    with translation.override(request.language):
        template = ERASURE_TEMPLATE if request.kind == RightKind.ERASURE else TEMPLATE
        html = render_to_string(template, {"document": document, "request": request})
    return to_pdf(html, identifier=str(request.pk)).pdf


def _build_form(form: HeldForm, chosen: set[str]) -> dict[str, Any] | None:
    answers = [
        {
            "section": piece.section,
            "question": piece.label,
            "answer": piece.value,
            "stored_months": piece.months or None,
            "stored_because": piece.why,
        }
        for piece in form.pieces
        if piece.kind != OTHERS and not piece.is_unreadable and piece.key in chosen
    ]
    if not answers:
        return None
    return {
        "title": form.title,
        "received_on": form.received_on.isoformat(),
        "from": form.unit,
        "was_corrected": form.was_corrected,
        "is_of_entries": form.is_of_entries,
        "answers": answers,
    }


def _list_consents(case: Case, language: str) -> list[dict[str, Any]]:
    """List what the person answered about sharing. No name of whoever explained, interpreted or represented."""
    rows = ConsentEntry.objects.filter(said_of(case)).exclude(from_moved_form("recorded_at"))
    rows = rows.defer("names", "reason").select_related("partner")
    return [
        {
            "purpose": capfirst(str(dict(ConsentPurpose.choices).get(row.purpose, row.purpose))),
            "recipient": _name_recipient(row, language),
            "answer": capfirst(row.get_answer_display()),
            "on": timezone.localdate(row.occurred_at).isoformat(),
            "until": timezone.localdate(row.until).isoformat() if row.until else None,
        }
        for row in rows.order_by("occurred_at", "recorded_at", "pk")
    ]


def list_recipients(case: Case, *, without: Collection[str] = ()) -> list[dict[str, Any]]:
    """List the offices that were sent something about the person, each notice once, and on what ground.

    Offices, not the people in them: these are others. `without`: roles that are left out.
    """
    sent = Notice.objects.filter(case_id=case.pk, sent_at__isnull=False).exclude(purpose__in=WITHOUT_CONTENT)
    sent = sent.exclude(role__in=without)
    decided = {
        (row.event_id, row.role): row.basis
        for row in SharingDecision.objects.filter(said_of(case), is_allowed=True).defer("reason").order_by("at")
    }
    language = get_current_language()
    found = []
    for notice in sent.select_related("contact__partner", "partner").defer("brief", "ladder", "link_token"):
        partner = notice.contact.partner if notice.contact else notice.partner
        basis = decided.get((notice.event_id, notice.role), "")
        found.append(
            {
                "who": localize(partner.names, language) if partner else _name_role(notice.role),
                "as": _name_role(notice.role),
                "sent_on": timezone.localdate(notice.sent_at).isoformat() if notice.sent_at else None,
                "opened_on": timezone.localdate(notice.opened_at).isoformat() if notice.opened_at else None,
                "ground": _word_ground(basis, notice.role, is_child=case.child_track),
            }
        )
    return found


def _word_ground(basis: str, role: str, *, is_child: bool) -> str:
    if basis == BY_CONSENT:
        return _("your consent")
    if basis == VITAL_INTEREST:
        return _("an emergency, in which your life or health was in danger")
    if needs_consent(role, is_child=is_child):
        return _("recorded before grounds were written down; ask us")
    if role in OWN_ROLES:
        return _("our own people, who work on your case")
    return _("a duty under the Standard Operating Procedures or the law")


def _name_recipient(row: ConsentEntry, language: str) -> str:
    to = Recipient(row.role, row.partner, open_state(row))
    return capfirst(localize(to.names, language)) if row.partner or row.role in Role.values else _name_role(row.role)


def _name_role(role: str) -> str:
    return capfirst(str(Role(role).label)) if role in Role.values else _("whoever receives for this purpose")


def _count_left_out(forms: list[HeldForm], chosen: set[str], reasons: Mapping[str, str]) -> list[str]:
    """Say what is not in the document, and why; [] when nothing was left out."""
    pieces = [piece for form in forms for piece in form.pieces]
    others = sum(piece.kind == OTHERS for piece in pieces)
    left = [piece for piece in pieces if piece.kind != OTHERS and (piece.key not in chosen or piece.is_unreadable)]
    unreadable = sum(piece.is_unreadable for piece in left)
    codes = dict(get_choices("left_out"))
    given = Counter(
        reasons.get(piece.key, "") for piece in left if reasons.get(piece.key) in codes and not piece.is_unreadable
    )
    usual = [piece for piece in left if not piece.is_unreadable and reasons.get(piece.key) not in codes]
    words = sum(piece.kind == WORDS for piece in usual)
    own = sum(piece.kind == OWN for piece in usual)
    said = []
    for code, label in codes.items():
        if count := given[code]:
            said.append(
                ngettext(
                    "%(count)d entry is not here: %(reason)s.", "%(count)d entries are not here: %(reason)s.", count
                )
                % {"count": count, "reason": label}
            )
    if unreadable:
        said.append(
            ngettext(
                "%(count)d entry can't be opened at present. Ask us again.",
                "%(count)d entries can't be opened at present. Ask us again.",
                unreadable,
            )
            % {"count": unreadable}
        )
    if others:
        said.append(
            ngettext(
                "%(count)d answer about other people is not here: it is about them.",
                "%(count)d answers about other people are not here: they are about them.",
                others,
            )
            % {"count": others}
        )
    if words:
        said.append(
            ngettext(
                "%(count)d text that somebody wrote is not here, because it names or may name somebody else.",
                "%(count)d texts that somebody wrote are not here, because they name or may name somebody else.",
                words,
            )
            % {"count": words}
        )
    if own:
        said.append(
            ngettext(
                "%(count)d other answer was left out after two people had looked at it.",
                "%(count)d other answers were left out after two people had looked at them.",
                own,
            )
            % {"count": own}
        )
    return said


def word_storage(case: Case) -> list[str]:
    """Say how long what the case holds is stored, in the active language."""
    said = [_("While we work with you, what you told us is stored. Nothing of an open case is deleted.")]
    months = get_term_months(case)
    if case.forget_after:
        day = date_format(case.forget_after, "j F Y")
        said.append(_("Your case is closed. Everything in it is deleted after %(day)s.") % {"day": day})
    elif months:
        said.append(
            _("When your case is closed, everything in it is deleted after %(count)s months.") % {"count": months}
        )
    said.append(_("Some answers are deleted earlier than that; beside each stands after how many months."))
    return said


def word_complaint() -> str:
    """Say where the person can complain, in the active language."""
    return _(
        "You can complain to the Information and Data Protection Commissioner"
        " (Komisioneri për të Drejtën e Informimit dhe Mbrojtjen e të Dhënave Personale)."
    )


def _list_rights() -> list[str]:
    return [
        _("You can ask us to correct what is wrong."),
        _("You can ask us to erase everything about you. We tell you if the law doesn’t allow it."),
        _("You can ask that your data aren't used for now, or object to their use."),
        _("You can withdraw any consent at any time. What was shared before stays with whoever received it."),
        _("You can ask again, and ask us about anything that is left out here."),
        word_complaint(),
        _("Keep this paper where nobody finds it who could use it against you. We can keep it for you."),
    ]
