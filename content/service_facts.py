"""What public pages say of the service as it runs: who answers for it, and how long what it stores is stored.

The organisation comes from the settings (`ORGANISATION_…`); the terms from the rooms that store something, which stand
above this one and register here. So a page never says a number that the service doesn't go by.
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
class Organisation:
    """Who answers for the service. Empty texts: not set."""

    name: str
    address: str
    email: str
    press_email: str
    privacy_email: str


TermsProvider = Callable[[], Iterable[StorageTerm]]
_providers: list[TermsProvider] = []


def register_terms(provider: TermsProvider) -> None:
    """Register what a room stores and for how long. Called once, when its app is ready."""
    if provider not in _providers:
        _providers.append(provider)


def get_terms() -> list[StorageTerm]:
    return [term for provider in _providers for term in provider()]


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
