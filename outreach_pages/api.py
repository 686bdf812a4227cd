"""Informative sessions in the public API: those that may be listed, and of them only `PUBLIC_FIELDS`."""

from typing import Any

from django.db.models import QuerySet

from access.languages import in_each_language
from content.api.json_schema import Schema, array, date, enum, record, ref, string
from content.api.parameters import Parameter
from content.api.serializers import ComputedField, PublicSerializer
from content.api.viewsets import PublicAPIViewSet

from .records.labels import Audience, SessionState, Topic
from .records.models import InformativeSession

SLUG = string(pattern="^[-a-zA-Z0-9_]+$", maxLength=50)
# Whether a session's report was written is internal to the unit.
STATES = {SessionState.PLANNED: "planned", SessionState.HELD: "held", SessionState.REPORTED: "held"}
PLACE = record({"key": string(), "name": string()})


def _choice(key: str, choices: Any) -> dict[str, Any]:
    return {"key": key, "name": in_each_language(choices(key).label)}


def _choice_schema(values: list[str]) -> Schema:
    return record({"key": enum(values), "name": ref("BothLanguages")})


def _place(place: Any) -> dict[str, str]:
    return {"key": place.slug, "name": place.name}


class SessionSerializer(PublicSerializer):
    region = ComputedField(PLACE, lambda session, loader: _place(session.municipality.region))
    municipality = ComputedField(PLACE, lambda session, loader: _place(session.municipality))
    audience = ComputedField(
        _choice_schema(Audience.values), lambda session, loader: _choice(session.audience, Audience)
    )
    topics = ComputedField(
        array(_choice_schema(Topic.values)),
        lambda session, loader: [_choice(key, Topic) for key in session.topics if key in Topic.values],
    )
    state = ComputedField(enum(["planned", "held"]), lambda session, loader: STATES[session.state])


class SessionsViewSet(PublicAPIViewSet):
    """Informative sessions that the units let be listed, by day. Never the school or place, the card, or who came."""

    plural = "sessions"
    component = "Session"
    model = InformativeSession
    base_serializer_class = SessionSerializer
    body_fields = list(InformativeSession.PUBLIC_FIELDS)
    lookup_field = ""
    orders = ("date",)
    parameters = (
        Parameter("region", SLUG, "Only sessions in this region (`regions` has the keys)."),
        Parameter("municipality", SLUG, "Only sessions in this municipality."),
        Parameter("audience", enum(Audience.values), "Only sessions for these people."),
        Parameter("topic", enum(Topic.values), "Only sessions about this."),
        Parameter("state", enum(["planned", "held"]), "Only planned ones, or only those that were held."),
        Parameter("from", date(), "Only sessions on this day or later."),
        Parameter("until", date(), "Only sessions on this day or earlier."),
    )

    def get_queryset(self) -> QuerySet:
        return InformativeSession.objects.public().select_related("municipality__region").order_by("date", "pk")

    def filter_by_region(self, sessions: QuerySet, slug: str) -> QuerySet:
        return sessions.filter(municipality__region__slug=slug)

    def filter_by_municipality(self, sessions: QuerySet, slug: str) -> QuerySet:
        return sessions.filter(municipality__slug=slug)

    def filter_by_audience(self, sessions: QuerySet, audience: str) -> QuerySet:
        return sessions.filter(audience=audience)

    def filter_by_topic(self, sessions: QuerySet, topic: str) -> QuerySet:
        # The topics are a JSON list of keys: with its quotes a key can't match a part of another one. (SQLite can't ask
        # for `contains`.)
        return sessions.filter(topics__icontains=f'"{topic}"')

    def filter_by_state(self, sessions: QuerySet, shown: str) -> QuerySet:
        return sessions.filter(state__in=[state for state, name in STATES.items() if name == shown])

    def filter_by_from(self, sessions: QuerySet, first: Any) -> QuerySet:
        return sessions.filter(date__gte=first)

    def filter_by_until(self, sessions: QuerySet, last: Any) -> QuerySet:
        return sessions.filter(date__lte=last)
