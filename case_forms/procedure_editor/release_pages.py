"""What the installed release has that a changed procedure lacks: read it, add it to the draft, or say "not for us"."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from access.languages import get_current_language
from access.models import localize
from case_forms.procedures.actions import ProcedureIsLocked
from case_forms.procedures.definition import parse_procedure
from case_forms.procedures.models import ProcedureVersion
from case_forms.procedures.release import (
    NothingChosen,
    Offer,
    Offers,
    decline_rules,
    draft_with_rules,
    find_offers,
    offer_again,
    with_rules,
)
from case_forms.simulation.seeding import add_shipped_scenarios, get_titles_by_rule

from .labels import CONFIDENCES
from .pages import PageOfProcedure
from .reading import GROUPS, published_forms
from .sentences import ProcedureWords, RuleWords

MAX_REASON = 2_000


@dataclass(frozen=True)
class PartWords:
    """A part of the procedure that comes with a rule: its kind, what it is called, what it rests on and how sure."""

    kind: str
    name: str
    basis: str = ""
    confidence: str = ""
    is_proposal: bool = False


@dataclass(frozen=True)
class OfferWords:
    """An offered rule in words. `missing_forms`: titles or keys of forms that it is about and nobody publishes here."""

    offer: Offer
    rule: RuleWords
    added: tuple[PartWords, ...]
    unlike: tuple[PartWords, ...]
    missing_forms: tuple[str, ...]
    scenarios: tuple[str, ...]
    who_removed: str
    is_chosen: bool


class ReleaseView(PageOfProcedure):
    """The rules of the installed release that the draft lacks: those that are new, were removed here, or declined."""

    page_title = gettext_lazy("New rules of this release")
    header_icon = "download"
    template_name = "procedure_editor/release.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shown()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        pressed, _colon, key = request.POST.get("go", "").partition(":")
        chosen = request.POST.getlist("rule")
        try:
            if pressed == "again":
                offer_again(procedure=self.procedure, key=key, by=self.me)
                messages.success(request, _("It is offered again."))
                return redirect(self.address("release"))
            if pressed == "decline":
                return self.decline(chosen)
            return self.add(chosen)
        except NothingChosen:
            return self.shown(chosen, {"rule": _("Choose at least one rule.")})
        except ProcedureIsLocked:
            messages.error(request, _("Nothing was added: the procedure is locked or awaiting approval."))
            return redirect(self.address("release"))

    @transaction.atomic
    def add(self, chosen: list[str]) -> HttpResponse:
        added = draft_with_rules(procedure=self.procedure, keys=chosen, by=self.me)
        scenarios = add_shipped_scenarios(procedure=self.procedure.key, rules=added, by=self.me)
        words = ngettext(
            "%(count)s rule was added to the draft. It decides nothing before another coordinator approves it.",
            "%(count)s rules were added to the draft. They decide nothing before another coordinator approves them.",
            len(added),
        ) % {"count": len(added)}
        more = ngettext("%(count)s scenario came with it.", "%(count)s scenarios came with it.", scenarios)
        messages.success(self.request, f"{words} {more % {'count': scenarios}}" if scenarios else words)
        return redirect(f"{self.address('edit')}#rule-{added[0]}")

    def decline(self, chosen: list[str]) -> HttpResponse:
        reason = self.request.POST.get("reason", "").strip()
        errors = {} if chosen else {"rule": _("Choose at least one rule.")}
        if not reason:
            errors["reason"] = _("Say why it is not for you.")
        elif len(reason) > MAX_REASON:
            errors["reason"] = _("A reason has at most 2,000 characters.")
        if errors:
            return self.shown(chosen, errors, reason)
        declined = decline_rules(procedure=self.procedure, keys=chosen, reason=reason, by=self.me)
        words = ngettext(
            "Noted: %(count)s rule is not for you. It can be offered again below.",
            "Noted: %(count)s rules are not for you. They can be offered again below.",
            len(declined),
        )
        messages.success(self.request, words % {"count": len(declined)})
        return redirect(self.address("release"))

    def shown(self, chosen: list[str] | None = None, errors: dict[str, str] | None = None, reason: str = "") -> Any:
        """Show the page. `chosen`, `errors`, `reason`: what was sent and why nothing came of it."""
        offers = find_offers(self.procedure, self.draft.definition)
        words = _Words(offers, self.draft.definition, set(chosen or ()), self.procedure.key)
        lock = self.procedure.get_lock()
        context = self.get_context_data(
            new=words.tell(offers.new),
            removed=words.tell(offers.removed),
            declined=words.tell(offers.declined),
            has_shipped=offers.shipped is not None,
            is_locked=lock is not None and lock.for_user(self.request.user),
            errors=errors or {},
            reason=reason,
        )
        return self.render_to_response(context, status=422 if errors else 200)


class _Words:
    """Offers in the words of the reader's language, as they would read in the draft at hand."""

    def __init__(self, offers: Offers, draft: Any, chosen: set[str], key: str) -> None:
        self.offers = offers
        self.chosen = chosen
        self.forms = published_forms()
        self.titles = get_titles_by_rule(key)
        keys = {each.key for each in offers.all}
        merged = with_rules(draft, offers.shipped, keys) if offers.shipped is not None else draft
        self.words = ProcedureWords(parse_procedure(merged), self.forms, get_current_language())

    def tell(self, offers: list[Offer]) -> list[OfferWords]:
        return [self._tell(each) for each in offers]

    def _tell(self, offer: Offer) -> OfferWords:
        return OfferWords(
            offer,
            self.words.tell_rule(offer.rule),
            tuple(self._name(*each) for each in offer.added),
            tuple(self._name(*each) for each in offer.unlike),
            tuple(key for key in offer.rule.forms if key not in self.forms),
            tuple(localize(title) for title in self.titles.get(offer.key, ())),
            _name_people(offer.removed_in),
            offer.key in self.chosen,
        )

    def _name(self, group: str, key: str) -> PartWords:
        part: Any = None
        if self.offers.shipped is not None:
            holder = getattr(self.offers.shipped, group)
            part = next((each for each in holder if each.key == key), None) if group == "facts" else holder.get(key)
        confidence = getattr(part, "confidence", "")
        return PartWords(
            kind=str(GROUPS[group][0]),
            name=self.words.text(getattr(part, "label", None)) or key,
            basis=getattr(part, "basis", ""),
            confidence=str(CONFIDENCES.get(confidence, confidence)),
            is_proposal=confidence == "proposal",
        )


def _name_people(version: ProcedureVersion | None) -> str:
    """Return who submitted and who approved the version that no longer had a rule; "" where no person did."""
    if version is None:
        return ""
    people = [each for each in (version.submitted_by, version.published_by) if each is not None]
    return ", ".join(each.get_full_name() or each.username for each in people)
