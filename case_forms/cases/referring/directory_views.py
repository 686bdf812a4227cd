"""The directory of services as workers search it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from access.models import Region
from audit import clock
from notifications.directory.services.models import Sex
from notifications.directory.services.search import Wanted, search_services
from notifications.directory.services.vocabulary import get_choices

MAX_AGE = 120


def services(request: HttpRequest) -> HttpResponse:
    """List the services that fit what was chosen; what is no choice counts as not chosen."""
    sent = request.GET
    needs, languages = get_choices("needs"), get_choices("languages")
    regions = list(Region.objects.order_by("name"))
    wanted = Wanted(
        need=_among(sent.get("need", ""), [value for value, _label in needs]),
        region=_among(sent.get("region", ""), [region.slug for region in regions]),
        age=_read_age(sent.get("age", "")),
        sex=_among(sent.get("sex", ""), Sex.values),
        language=_among(sent.get("language", ""), [value for value, _label in languages]),
        children="children" in sent,
        step_free="step_free" in sent,
        only_free="free" in sent,
    )
    others = (wanted.sex, wanted.language, wanted.children, wanted.step_free, wanted.only_free)
    context = {
        "wanted": wanted,
        "has_more": wanted.age is not None or any(others),
        "lines": search_services(wanted, clock.now()),
        "needs": needs,
        "languages": languages,
        "regions": regions,
        "sexes": Sex.choices,
    }
    return render(request, "cases/referring/services.html", context)


def _among(value: str, choices: list[str]) -> str:
    return value if value in choices else ""


def _read_age(text: str) -> int | None:
    text = text.strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= 3
    return int(text) if is_number and int(text) <= MAX_AGE else None
