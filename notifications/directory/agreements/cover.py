"""Which agreement covers an office for a place, on a day: the one rule that resolution, gate, briefs and lists ask.

Days are Tirana's: an agreement whose last day is the 30th covers what is asked for until midnight after it. It decides
who is found from then on; what was sent under it stays with whoever has it, and is read and answered to its end
(docs/adr/0147).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from operator import itemgetter

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, format_in_each_language
from access.models import Municipality

from ..models import Agreement, Partner
from ..read_ahead import About, fetch_for_each
from .rules import counts_agreements, get_always_shared, is_required_to_be_found
from .states import is_in_force

# An office, an agreement (keys), the roles it names, the kinds of facts it allows (None: all).
Terms = tuple[int, int, list[str], frozenset[str] | None]


@dataclass(frozen=True)
class Cover:
    """What the agreements in force for one office and place allow. `kinds`: None where nothing is held back."""

    agreements: tuple[int, ...]
    kinds: frozenset[str] | None


def covers_role(agreement: Agreement, role: str) -> bool:
    return not agreement.roles or role in agreement.roles


def covers_place(agreement: Agreement, place: Municipality) -> bool:
    """Tell whether the agreement's areas, if it names any, hold this place. Reads prefetched rows where there are."""
    regions = {row.pk for row in agreement.regions.all()}
    municipalities = {row.pk for row in agreement.municipalities.all()}
    directorates = {row.pk for row in agreement.directorates.all()}
    if not (regions or municipalities or directorates):
        return True
    return place.region_id in regions or place.pk in municipalities or place.police_directorate_id in directorates


def read_agreements(offices: Iterable[Partner | int]) -> dict[int, list[Agreement]]:
    """Return every agreement of these offices, whatever its state, by the office's key; in five queries at most."""
    keys = {office if isinstance(office, int) else office.pk for office in offices}
    if not keys:
        return {}
    # A subquery: the join would return an agreement once for each office that it covers.
    beside = Agreement.other_offices.through.objects.filter(partner__in=keys).values("agreement")
    rows = Agreement.objects.filter(Q(partner__in=keys) | Q(pk__in=beside)).select_related("partner")
    found: dict[int, list[Agreement]] = defaultdict(list)
    for row in rows.prefetch_related("other_offices", "regions", "municipalities", "directorates").order_by("pk"):
        for key in {row.partner_id, *(office.pk for office in row.other_offices.all())} & keys:
            found[key].append(row)
    return dict(found)


def find_covers(offices: Iterable[Partner], *, role: str, municipality: Municipality, at: datetime) -> dict[int, Cover]:
    """Return, by office, what the agreements in force then allow; offices without one are left out.

    One query; for several notices of a form it is asked once (`read_ahead`).
    """
    keys = sorted({office.pk for office in offices})
    if not keys:
        return {}
    day = timezone.localdate(at)
    fetch = partial(_find_terms, municipality=municipality, day=day)
    found = {}
    for office, terms in fetch_for_each(About.OFFICE, keys, fetch, itemgetter(0), given=(municipality.pk, day)).items():
        if given := {pk: kinds for _office, pk, roles, kinds in terms if not roles or role in roles}:
            found[office] = Cover(tuple(sorted(given)), _join_kinds(given.values()))
    return found


def _find_terms(offices: Collection[int], municipality: Municipality, day: date) -> list[Terms]:
    everywhere = Q(regions=None, municipalities=None, directorates=None)
    here = (
        Q(regions=municipality.region_id)
        | Q(municipalities=municipality.pk)
        | Q(directorates=municipality.police_directorate_id)
    )
    ours = Q(partner__in=offices) | Q(other_offices__in=offices)
    rows = Agreement.objects.filter(ours, everywhere | here, in_force_on(day))
    # Once for each office and area that it names: the joins' rows, told apart by their keys.
    return [
        (office, pk, roles, frozenset(facts) if is_limited else None)
        for pk, signer, beside, roles, is_limited, facts in rows.values_list(
            "pk", "partner", "other_offices", "roles", "limits_facts", "facts"
        )
        for office in {signer, beside}.intersection(offices)
    ]


def in_force_on(day: date) -> Q:
    """Return the condition of `states.is_in_force` for a query."""
    begun = Q(valid_from__lte=day) | Q(valid_from=None) & (Q(signed_on=None) | Q(signed_on__lte=day))
    not_over = Q(valid_until=None) | Q(valid_until__gte=day)
    return begun & not_over & (Q(withdrawn_on=None) | Q(withdrawn_on__gt=day))


def _join_kinds(given: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    joined = get_always_shared()
    for kinds in given:
        if kinds is None:
            return None
        joined |= kinds
    return joined


def get_shared_kinds(
    office: Partner | None, *, role: str, municipality: Municipality, at: datetime
) -> frozenset[str] | None:
    """Return the kinds of facts that this office may be given, or None where no agreement limits them.

    Where the law is the basis no agreement limits anything. An office without any agreement in force has no limit:
    whether it is notified at all is decided elsewhere.
    """
    if office is None or not counts_agreements(role):
        return None
    cover = find_covers([office], role=role, municipality=municipality, at=at).get(office.pk)
    return cover.kinds if cover else None


def split_by_agreement(
    offices: Sequence[Partner], *, role: str, municipality: Municipality, at: datetime
) -> tuple[list[Partner], list[Partner]]:
    """Return the offices that may be told by routine, and those that lack an agreement which their role needs."""
    if not offices or not is_required_to_be_found(role):
        return list(offices), []
    covered = find_covers(offices, role=role, municipality=municipality, at=at)
    return [each for each in offices if each.pk in covered], [each for each in offices if each.pk not in covered]


NO_AGREEMENT = _(
    "No agreement in force covers {office} for {place}, so it isn't notified by routine. Coordinators record a new"
    " agreement in the directory."
)


def explain_without(offices: Iterable[Partner], municipality: Municipality) -> list[Texts]:
    """Explain, office by office, that it isn't notified because no agreement covers it."""
    return [format_in_each_language(NO_AGREEMENT, office=office.names, place=municipality.name) for office in offices]


def has_agreement(partner: Partner, at: datetime, *, is_needed: bool = False) -> bool:
    """Tell whether an agreement with this office is in force, wherever; without any on record: unless it is needed."""
    agreements = read_agreements([partner]).get(partner.pk, [])
    if not agreements:
        return not is_needed
    today = timezone.localdate(at)
    return any(is_in_force(each, today) and covers_role(each, partner.role) for each in agreements)


def find_end_of_cover(agreements: Iterable[Agreement], today: date) -> date | None:
    """Return the last day on which, from today on without a hole, an agreement is in force; None: not even today.

    An agreement without an end never ends (`date.max`), one without a day of signing has begun.
    """
    last = today - timedelta(days=1)
    for agreement in sorted(agreements, key=lambda each: each.begins_on or date.min):
        if (agreement.begins_on or date.min) <= last + timedelta(days=1):
            last = max(last, agreement.last_day or date.max)
        if last == date.max:
            return last
    return last if last >= today else None
