"""What public pages say of the service as it runs: who answers for it, how long what it stores is stored, and when the
police are notified.

The organisation comes from the settings (`ORGANISATION_…`); the rest from the rooms above this one, which register
here. So a page never says a number, or promises something, that the service doesn't go by.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class StorageTerm:
    """`what` is stored and `how_long`, both as a reader reads them, in the active language."""

    what: str
    how_long: str


@dataclass(frozen=True)
class PoliceRule:
    """What holds for the police where somebody (`who`) was asked, wasn't, or can't be; in the active language."""

    who: str
    what: str


@dataclass(frozen=True)
class Organisation:
    """Who answers for the service. Empty texts: not set."""

    name: str
    address: str
    email: str
    press_email: str
    privacy_email: str


TermsProvider = Callable[[], Iterable[StorageTerm]]
PoliceRulesProvider = Callable[[], Iterable[PoliceRule]]
_providers: list[TermsProvider] = []
_police_rules: list[PoliceRulesProvider] = []


def register_terms(provider: TermsProvider) -> None:
    """Register what a room stores and for how long. Called once, when its app is ready."""
    if provider not in _providers:
        _providers.append(provider)


def get_terms() -> list[StorageTerm]:
    return [term for provider in _providers for term in provider()]


def register_police_rules(provider: PoliceRulesProvider) -> None:
    """Register what the procedure says about notifying the police. Called once, when the app is ready."""
    if provider not in _police_rules:
        _police_rules.append(provider)


def get_police_rules() -> list[PoliceRule]:
    return [rule for provider in _police_rules for rule in provider()]


def get_organisation() -> Organisation:
    """Return the organisation; the addresses for the press and for one's data are the general one where none is set."""
    email = settings.ORGANISATION_EMAIL
    return Organisation(
        settings.ORGANISATION_NAME,
        settings.ORGANISATION_ADDRESS,
        email,
        settings.PRESS_EMAIL or email,
        settings.PRIVACY_EMAIL or email,
    )
