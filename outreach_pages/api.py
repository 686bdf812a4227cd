"""Informative sessions for other front ends: those that may be listed, and of them only `PUBLIC_FIELDS`."""

from typing import Any

from django.db.models import QuerySet
from django.utils import translation
from rest_framework.request import Request

from content.headless import page_fields
from content.headless.endpoint import Endpoint
from content.headless.fields import Field
from content.headless.parameters import PAGING, Parameter, fields_parameter, order_parameter
from content.headless.reading import Reading
from content.headless.schema import Schema, both_languages, day, listing, one_of, record, text

from .records.labels import Audience, SessionState, Topic
from .records.models import InformativeSession

page_fields.register("outreach_pages.OutreachIndexPage")

SLUG = text(pattern="^[-a-zA-Z0-9_]+$", maxLength=50)
# That a session's report was written is the unit's own affair.
STATES = {SessionState.PLANNED: "planned", SessionState.HELD: "held", SessionState.REPORTED: "held"}


def _said(label: Any) -> dict[str, str]:
    """A label in both languages."""
    found = {}
    for code in ("sq", "en"):
        with translation.override(code):
            found[code] = str(label)
    return found


def _choice(key: str, choices: Any) -> dict[str, Any]:
    return {"key": key, "name": _said(choices(key).label)}


def _topics(session: InformativeSession, reading: Reading) -> list[dict[str, Any]]:
    return [_choice(key, Topic) for key in session.topics if key in Topic.values]


def _place(place: Any) -> dict[str, str]:
    return {"key": place.slug, "name": place.name}


def _chosen(values: list[str]) -> Schema:
    return record({"key": one_of(values), "name": both_languages()})


PLACE = record({"key": text(), "name": text()})
SESSION = (
    Field("date", day(), lambda session, reading: session.date, in_list=True),
    Field("region", PLACE, lambda session, reading: _place(session.municipality.region), in_list=True),
    Field("municipality", PLACE, lambda session, reading: _place(session.municipality), in_list=True),
    Field(
        "audience",
        _chosen(Audience.values),
        lambda session, reading: _choice(session.audience, Audience),
        in_list=True,
    ),
    Field("topics", listing(_chosen(Topic.values)), _topics, in_list=True),
    Field("state", one_of(["planned", "held"]), lambda session, reading: STATES[session.state], in_list=True),
)


class SessionsEndpoint(Endpoint):
    """Informative sessions that the units let be listed, by day. Never the school or place, the card, or who came."""

    plural = "sessions"
    model = InformativeSession
    component = "Session"
    fields = SESSION
    lookup = None
    parameters = (
        Parameter("region", SLUG, "Only sessions in this region (`regions` has the keys)."),
        Parameter("municipality", SLUG, "Only sessions in this municipality."),
        Parameter("audience", one_of(Audience.values), "Only sessions for these people."),
        Parameter("topic", one_of(Topic.values), "Only sessions about this."),
        Parameter("state", one_of(["planned", "held"]), "Only planned ones, or only those that were held."),
        Parameter("from", day(), "Only sessions on this day or later."),
        Parameter("until", day(), "Only sessions on this day or earlier."),
        fields_parameter(field.name for field in SESSION),
        order_parameter(["date"]),
        *PAGING,
    )

    def everything(self) -> QuerySet:
        return InformativeSession.objects.public().select_related("municipality__region").order_by("date", "pk")

    def narrowed(self, found: Any, values: dict[str, Any], request: Request) -> Any:
        simple = {
            "region": "municipality__region__slug",
            "municipality": "municipality__slug",
            "audience": "audience",
            "from": "date__gte",
            "until": "date__lte",
        }
        found = found.filter(**{simple[name]: value for name, value in values.items() if name in simple})
        if "topic" in values:
            found = found.filter(topics__icontains=f'"{values["topic"]}"')
        if "state" in values:
            states = [state for state, shown in STATES.items() if shown == values["state"]]
            found = found.filter(state__in=states)
        return found.order_by(*values["order"].split(","), "pk") if "order" in values else found
