"""Erasure: what stops it, and the paper that the person gets about it.

Two people agree to a day (`actions`); on that day the purge of closed cases carries it out, whatever the case's term
says, and looks afterwards whether anything is left (`submissions.case_purge`, `submissions.erasure_proof`). Everything
that stops it is asked for anew when it is proposed, agreed to and carried out, and the request's page says it.

Forms stand on a floor above, so that their room registers how they are read (`register_forms`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import clock
from case_forms.form_builder.retention import months_later
from notifications.outbox.models import Reply, ReplyKind
from notifications.texts.senders import ORGANISATION

from ..models import Case, CaseHold, Deadline
from .choices import get_days, get_erasure_rules, label_choice
from .document import FORMAT, OWN_ROLES, list_recipients, word_complaint, word_storage
from .models import RightKind, RightOutcome, RightsRequest

ASKED, BREACH = "data_subject_request", "data_breach"
STOPS: dict[str, str | Promise] = {
    "open": gettext_lazy("The case is open. Close it first."),
    "reopened": gettext_lazy(
        "The case was opened again after this was agreed to. Cancel the erasure, and propose it again."
    ),
    "form": gettext_lazy("A form came in after the case was closed. Decide first whether the case stays closed."),
    "held": gettext_lazy("A hold keeps the case. It takes two coordinators to lift it."),
    "proceedings": gettext_lazy(
        "Proceedings are open, as a form or an office said last. When they are over, send a follow-up that says so."
    ),
    "requests": gettext_lazy("Another request of the person isn’t answered yet."),
    "asked": gettext_lazy("A form says that the person asks for something else, too. Answer that first."),
    "breach": gettext_lazy("A breach of the person’s data isn’t dealt with yet."),
}


@dataclass(frozen=True)
class AskedInForm:
    """What a form says that the person asks, and that isn't registered yet. `on`: when the unit learned of it."""

    kind: str
    on: date
    received_at: datetime

    @property
    def label(self) -> str:
        return str(RightKind(self.kind).label)


AskedReader = Callable[[Case], list[AskedInForm]]
# Given a case and the answers that count: when a form said last how proceedings stand, and what; None: none did.
ProceedingsReader = Callable[[Case], tuple[datetime, str] | None]
_readers: list[tuple[AskedReader, ProceedingsReader]] = []


def register_forms(*, asked: AskedReader, proceedings: ProceedingsReader) -> None:
    """Say how forms are read: what they say that a person asks, and how proceedings stand. Only the newest counts."""
    _readers[:] = [(asked, proceedings)]


def list_asked_in_forms(case: Case) -> list[AskedInForm]:
    """Return what forms of the case say that the person asks for, and nobody has registered."""
    return [each for asked, _proceedings in _readers for each in asked(case)]


def has_open_proceedings(case: Case) -> bool:
    """Say whether the newest word on proceedings is that they are open: a form's, or an office's answer."""
    rules = get_erasure_rules()["proceedings"]
    said = [each for _asked, proceedings in _readers if (each := proceedings(case)) is not None]
    if said and said[0][1] in rules["open"]:
        return True
    opened = Reply.objects.filter(notice__case_id=case.pk, kind=ReplyKind.OUTCOME, reason__in=rules["replies"])
    return (opened.filter(at__gt=said[0][0]) if said else opened).exists()


def find_stops(request: RightsRequest) -> list[str]:
    """Return the codes of what stops this erasure now (`STOPS`); [] when nothing does."""
    case = request.case
    duties = set(Deadline.objects.unmet().filter(case=case).values_list("key", flat=True))
    is_decided = request.decided_at is not None
    stops = {
        "open": case.closed_at is None,
        "reopened": bool(request.decided_at and case.closed_at and case.closed_at > request.decided_at),
        "form": case.form_after_closing_at is not None,
        "held": CaseHold.objects.standing().filter(case=case).exists(),
        "proceedings": has_open_proceedings(case),
        "requests": RightsRequest.objects.to_answer().filter(case=case).exclude(pk=request.pk).exists(),
        # The answer met the duty that was there; one that runs since then is about something new.
        "asked": ASKED in duties if is_decided else bool(list_unregistered(request)),
        "breach": BREACH in duties,
    }
    return [code for code, holds in stops.items() if holds]


def list_unregistered(request: RightsRequest) -> list[AskedInForm]:
    """Return what forms ask for besides this request's own kind."""
    return [each for each in list_asked_in_forms(request.case) if each.kind != request.kind]


def build_paper(request: RightsRequest, *, counts: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Build the paper for the person, in the request's language: what is erased, what remains, until when and why.

    It holds nothing that the person told. `counts`: what the purge erased, once it has ({name: rows}).
    """
    with translation.override(request.language):
        is_granted = request.outcome == RightOutcome.WHOLE
        return {
            "format": FORMAT,
            "kind": RightKind.ERASURE.value,
            "language": request.language,
            "organisation": str(ORGANISATION),
            "case": request.case.reference,
            "asked_on": request.asked_on.isoformat(),
            "made_on": timezone.localdate(clock.now()).isoformat(),
            "is_granted": is_granted,
            "erase_on": request.erase_on.isoformat() if request.erase_on else None,
            "erased_on": timezone.localdate(clock.now()).isoformat() if counts is not None else None,
            "proved_on": None,
            "refused_because": label_choice("refusals", request.refusal) if request.refusal else "",
            "erased": _word_erased(request, counts) if is_granted else [_("Nothing was erased.")],
            "remains": _word_remains() if is_granted else word_storage(request.case),
            "recipients": list_recipients(request.case, without=OWN_ROLES),
            "backups": _word_backups(request, counts is not None) if is_granted else [],
            "rights": _word_rights(is_granted),
        }


def add_proof(paper: dict[str, Any], looked: int, on: date) -> dict[str, Any]:
    """Return the paper with the sentence that nothing was found any more. `looked`: in how many places."""
    with translation.override(paper["language"]):
        said = _(
            "On %(day)s we looked in all %(count)d places where answers, files, briefs, papers and entries of"
            " indexes can be. Nothing of your case was found."
        ) % {"day": date_format(on, "j F Y"), "count": looked}
    return {**paper, "proved_on": on.isoformat(), "erased": [*paper["erased"], said]}


def get_paper_end(request: RightsRequest, today: date) -> date:
    """Return until when the paper is stored here: some days after the answer and after the erasure."""
    return max(today, request.erase_on or today) + timedelta(days=get_days("file_days"))


def _word_erased(request: RightsRequest, counts: Mapping[str, int] | None) -> list[str]:
    assert request.erase_on is not None
    what = _(
        "everything that you told us and that we wrote about you in this case: forms, files, notes, messages and"
        " papers, and our copies of what was sent to others"
    )
    if counts is None:
        day = date_format(request.erase_on, "j F Y")
        said = [_("On %(day)s we erase %(what)s.") % {"day": day, "what": what}]
        said.append(_("Until then you can take the request back: tell us."))
        return said
    day = date_format(timezone.localdate(clock.now()), "j F Y")
    amounts = {name: counts.get(name, 0) for name in ("submissions", "files", "notices", "notes", "documents")}
    listed = _(
        "Forms: %(submissions)d, files: %(files)d, notices: %(notices)d, notes: %(notes)d, papers: %(documents)d."
    )
    return [_("On %(day)s we erased %(what)s.") % {"day": day, "what": what}, listed % amounts]


def _word_remains() -> list[str]:
    return [
        _(
            "That there was a case stays: its number, the unit, days, what was decided as codes, who was notified when,"
            " and that you asked for this. It has no name and nothing that you told us. It stays for good, because it"
            " shows that we did our duty."
        ),
        _("The record of who worked in this system stays for good, too. It is about our workers and quotes nothing."),
        _("Lists that our workers had made before are deleted within %(hours)d hours.")
        % {"hours": settings.EXPORT_HOURS},
        _(
            "What somebody else wrote to us on their own, without your case, is stored apart and deleted when its own"
            " time is over."
        ),
        _("Numbers that were counted stay. They name nobody."),
        _("We delete this paper %(days)d days after the erasure. Whoever holds a copy of it has it.")
        % {"days": get_days("file_days")},
    ]


def _word_backups(request: RightsRequest, is_erased: bool) -> list[str]:
    erased_on = timezone.localdate(clock.now()) if is_erased else request.erase_on
    assert erased_on is not None
    until = date_format(months_later(erased_on, get_erasure_rules()["backup_months"]), "j F Y")
    return [
        _(
            "Our backups hold locked copies until %(day)s, so that we don’t lose other people’s data. The key to your"
            " case is destroyed here, and in the backups when the keys are copied next, as a rule the following night:"
            " from then on nobody can open these copies, we neither."
        )
        % {"day": until}
    ]


def _word_rights(is_granted: bool) -> list[str]:
    again = (
        _("You can come to us at any time. We then begin again, because we no longer know you.")
        if is_granted
        else _("You can ask again, above all when the reason is over.")
    )
    others = _("You can ask each office named here to erase what it received. It answers by its own rules.")
    keep = _("Keep this paper where nobody finds it who could use it against you.")
    return [again, others, word_complaint(), keep]
