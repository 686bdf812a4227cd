"""The lists that questions choose from, read from the database and from data files."""

import json
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Protocol

from django.db.models import Q, QuerySet

from access.languages import DEFAULT_LANGUAGE
from access.models import Assignment, MobileUnit, Municipality, Region, StaffRole, User
from case_forms.questions import registry
from case_forms.questions.base import Choice, ChoiceSource, text_in
from case_forms.zones.choosing import zone_attributes, zone_rows
from notifications.directory.models import Partner, Role
from outreach_pages.records.models import SessionQuerySet
from outreach_pages.records.session_choices import (
    build_session_choices,
    get_selectable_sessions,
    iter_session_attributes,
)

from .fact_types import FactType
from .models import get_fact_catalogue

# lists of offices, by the role of the partners that stand in them
OFFICES = {"partners": Role.PROTECTION_SERVICE.value, "social_services": "social_service", "schools": "school"}
FILES = Path(__file__).parent / "data_lists"


FROM_FILES = frozenset({"countries", "languages"})
OF_A_REGION = frozenset({"municipalities", "regions", "units", *OFFICES})
BY_DAY = frozenset({"sessions", "outreach_visits"})
Rows = list[tuple[str, dict[str, str]]]
Attributes = dict[str, dict[str, str]]


class OwnList(Protocol):
    """A list that differs from one person to the next. The rooms above that know it register it (`register_list`)."""

    def rows(self, user: User | None) -> Rows:
        """Return (value, {language: label}) of what this person may choose."""

    def attributes(self, user: User | None) -> Attributes:
        """Return the attributes of every entry that this person may read, with its label as `name`.

        Entries that can't be chosen any more are included.
        """


_OWN: dict[str, OwnList] = {}


def register_list(name: str, own: OwnList) -> None:
    _OWN[name] = own


class Colleagues:
    """The people who work in this person's units today. By name also whoever worked in any unit before."""

    def rows(self, user: User | None) -> Rows:
        if user is None:
            return []
        today = Assignment.objects.current().filter(role=StaffRole.WORKER, unit__in=user.units().values("pk"))
        found = User.objects.filter(pk__in=today.values("user"), is_active=True).exclude(pk=user.pk)
        return [(str(each.pk), {DEFAULT_LANGUAGE: _name(each)}) for each in found]

    def attributes(self, user: User | None) -> Attributes:
        # All assignments ever: an old answer may name somebody who has left the unit since.
        worked = Assignment.objects.filter(role=StaffRole.WORKER, unit__isnull=False)
        found = worked.select_related("user", "unit").order_by("starts_on", "pk")
        return {str(each.user_id): {"name": _name(each.user), "unit": each.unit.slug} for each in found if each.unit}


def _name(user: User) -> str:
    return user.get_full_name() or user.username


register_list("colleagues", Colleagues())


@cache
def listed(name: str) -> list[dict[str, Any]]:
    """Return the entries of a data file: countries (`code`, `name`) or languages (`code`, `iso639_3`, `name`)."""
    return json.loads((FILES / f"{name}.json").read_text())["entries"]


@cache
def first_of_file(name: str) -> dict[str, int]:
    """Return {code: place} of those that a data file names as answered most."""
    named = json.loads((FILES / f"{name}.json").read_text()).get("first", [])
    return {code: place for place, code in enumerate(named)}


class Lists:
    """A ChoiceSource. Each list is read once per instance: make one for each request or submission, and drop it.

    `user`: whose sessions, visits and colleagues are listed; nobody's without one. Zones are those of the user's
    regions; all of them without one. All other lists are the same for everybody.
    """

    def __init__(self, user: User | None = None) -> None:
        self.user = user
        self._values: dict[str, frozenset[str]] = {}
        self._rows: dict[str, Rows] = {}
        self._attributes: dict[str, Attributes] = {}
        self._choices: dict[tuple[str, str], list[Choice]] = {}
        self._facts: dict[str, FactType | None] = {}

    def choices(self, name: str, language: str) -> list[Choice]:
        """Return (value, label), those of `leading` first, each part in the order of the labels.

        An unknown list is empty.
        """
        if (name, language) not in self._choices:
            labelled: list[Choice] = [(value, text_in(names, language)) for value, names in self._read(name)]
            if name not in BY_DAY:  # those come by their day, the last first
                leading = self.leading(name)
                labelled.sort(key=lambda choice: (leading.get(choice[0], len(leading)), _alphabetical(choice[1])))
            self._choices[name, language] = labelled
        return self._choices[name, language]

    def leading(self, name: str) -> dict[str, int]:
        """Return {value: place} of what stands first: what is answered most, or what is in the person's own regions.

        Places that are the same are in the order of their labels.
        """
        if name in FROM_FILES:
            return first_of_file(name)
        if name not in OF_A_REGION or not (own := self._own_regions):
            return {}
        if name == "regions":
            return dict.fromkeys(own, 0)
        self.attributes(name, "")
        return {value: 0 for value, known in self._attributes[name].items() if known.get("region") in own}

    @cached_property
    def _own_regions(self) -> frozenset[str]:
        """The regions of the units that the person works in, and those that they coordinate."""
        if self.user is None:
            return frozenset()
        own = Q(units__in=self.user.units().values("pk")) | Q(pk__in=self.user.coordinated_regions().values("pk"))
        return frozenset(Region.objects.filter(own).values_list("slug", flat=True))

    def has(self, name: str, value: str) -> bool:
        if name not in self._values:
            self._values[name] = frozenset(known for known, _names in self._read(name))
        return value in self._values[name]

    def attributes(self, name: str, value: str) -> Mapping[str, str]:
        """Return what filters may read of an entry.

        The region of a municipality or a unit, the place of a partner or zone.
        """
        if name not in self._attributes:
            own = _OWN.get(name)
            self._attributes[name] = own.attributes(self.user) if own else dict(_attributes(name, self._sessions()))
        return self._attributes[name].get(value, {})

    def in_words_of_fact(self, key: str, value: str, language: str) -> str:
        """Return how the catalogue words this value of a fact with choices; "" for any other."""
        if key not in self._facts:
            self._facts[key] = get_fact_catalogue([key]).get(key)
        fact = self._facts[key]
        if fact is None or (fact.values is not None and value not in fact.values):
            return ""
        kind = registry.get(fact.type)
        return kind.formatted(value, fact.question, language, self) if fact.type == "select_one" else ""

    def _read(self, name: str) -> Rows:
        if name not in self._rows:
            self._rows[name] = self._listed(name)
        return self._rows[name]

    def _listed(self, name: str) -> Rows:
        if name == "sessions":
            return build_session_choices(self._sessions())
        own = _OWN.get(name)
        if name == "zones":
            return zone_rows(self.user)
        return own.rows(self.user) if own else list(_rows(name))

    def _sessions(self) -> SessionQuerySet:
        return get_selectable_sessions(self.user)


def leading_in(sources: ChoiceSource, name: str) -> frozenset[str]:
    """Return the values of a list that stand first; none in a source that has no such."""
    return frozenset(sources.leading(name)) if isinstance(sources, Lists) and name else frozenset()


def _find_municipalities() -> QuerySet[Municipality, Any]:
    return Municipality.objects.values_list("slug", "name")


def _rows(name: str) -> list[tuple[str, dict[str, str]]]:
    if name == "municipalities":
        return [(slug, {DEFAULT_LANGUAGE: label}) for slug, label in _find_municipalities()]
    if name == "regions":
        return [(slug, {DEFAULT_LANGUAGE: label}) for slug, label in Region.objects.values_list("slug", "name")]
    if name == "units":
        units = MobileUnit.objects.filter(is_active=True)
        return [(slug, {DEFAULT_LANGUAGE: label}) for slug, label in units.values_list("slug", "name")]
    if name in OFFICES:
        return list(Partner.objects.filter(role=OFFICES[name], is_active=True).values_list("slug", "names"))
    if name in FROM_FILES:
        return [(entry["code"], entry["name"]) for entry in listed(name)]
    return []


def _attributes(name: str, sessions: SessionQuerySet) -> Iterator[tuple[str, dict[str, str]]]:
    if name == "municipalities":
        towns = Municipality.objects.values_list("slug", "region__slug")
        yield from ((slug, {"region": region}) for slug, region in towns)
    elif name == "units":
        units = MobileUnit.objects.values_list("slug", "region__slug")
        yield from ((slug, {"region": region}) for slug, region in units)
    elif name == "zones":
        yield from zone_attributes()
    elif name in OFFICES:
        # Inactive ones too: stored answers name offices that can't be chosen any more.
        places = Partner.objects.filter(role=OFFICES[name], municipality__isnull=False)
        for slug, municipality, region in places.values_list(
            "slug", "municipality__slug", "municipality__region__slug"
        ):
            yield slug, {"municipality": municipality, "region": region}
    elif name == "sessions":
        yield from iter_session_attributes(sessions)


# Albanian letters that stand after their Latin look-alikes: a c ç d dh e ë f g gj h i j k l ll m n nj ...
_AFTER = str.maketrans({"ç": "c~", "ë": "e~"})
_PAIRS = ("dh", "gj", "ll", "nj", "rr", "sh", "th", "xh", "zh")


def _alphabetical(label: str) -> str:
    """Return a sort key in the Albanian order of letters, which leaves English words nearly where English has them."""
    folded = label.casefold().translate(_AFTER)
    for pair in _PAIRS:
        folded = folded.replace(pair, f"{pair[0]}~{pair[1]}")
    return folded
