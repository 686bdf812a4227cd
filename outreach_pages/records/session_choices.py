"""Sessions as choices of a form's question: by their key, labelled by day, place and audience."""

from collections.abc import Iterator

from django.utils import translation

from access.languages import LANGUAGES
from access.models import User

from .labels import Audience, SessionState
from .models import InformativeSession, SessionQuerySet


def get_selectable_sessions(user: User | None) -> SessionQuerySet:
    """Return the sessions that this person may name, the latest first; none without a person.

    Cancelled ones can't be named.
    """
    if user is None:
        return InformativeSession.objects.none()
    sessions = InformativeSession.objects.visible_to(user).exclude(state=SessionState.CANCELLED)
    return sessions.order_by("-date", "-starts_at", "id")


def build_session_choices(sessions: SessionQuerySet) -> list[tuple[str, dict[str, str]]]:
    """Return (key, {language: label}), such as "12.11.2026 · Shkolla X, Kurbin · high-school pupils"."""
    audiences = {language: _get_audience_labels(language) for language in LANGUAGES}
    found = sessions.values_list("pk", "date", "place_name", "municipality__name", "audience")
    return [
        (
            str(key),
            {
                language: f"{day:%d.%m.%Y} · {place}, {town} · {words.get(audience, audience)}"
                for language, words in audiences.items()
            },
        )
        for key, day, place, town, audience in found
    ]


def iter_session_attributes(sessions: SessionQuerySet) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what a filter may read of each session."""
    found = sessions.values_list("pk", "audience", "municipality__slug", "municipality__region__slug", "state")
    for key, audience, municipality, region, state in found:
        yield str(key), {"audience": audience, "municipality": municipality, "region": region, "state": state}


def _get_audience_labels(language: str) -> dict[str, str]:
    with translation.override(language):
        return {value: str(label) for value, label in Audience.choices}
