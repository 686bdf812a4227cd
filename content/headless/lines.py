"""Telephone lines: those that may be shown today, and of them only what readers see."""

from typing import Any

from rest_framework.request import Request

from ..models import Hotline
from .endpoint import Endpoint, by_key
from .fields import Field, plain, represent, whole_schema
from .parameters import PAGING, Parameter, fields_parameter
from .reading import Reading
from .schema import address, both_languages, day, listing, maybe, text, truth


def both(name: str, *, in_list: bool = True) -> Field:
    """A field kept once for each language."""
    return Field(
        name,
        both_languages(),
        lambda thing, reading: {"sq": getattr(thing, f"{name}_sq"), "en": getattr(thing, f"{name}_en")},
        in_list=in_list,
    )


LINE = (
    Field("key", text(), lambda line, reading: line.key, in_list=True),
    plain("number", text(description="As people write it."), in_list=True),
    Field(
        "tel", address(description="Where a call link leads."), lambda line, reading: f"tel:{line.tel}", in_list=True
    ),
    plain("for_danger", truth(description="For danger now: show it first, on every page."), in_list=True),
    both("name"),
    Field(
        "short_name", both_languages(), lambda line, reading: {"sq": line.short_sq, "en": line.short_en}, in_list=True
    ),
    both("for_whom"),
    both("use"),
    both("hours"),
    both("cost"),
    plain("languages", listing(text(), description="Codes of the languages spoken."), in_list=True),
    plain("verified_on", maybe(day(description="The last test call.")), in_list=True),
)
LINE_SCHEMA = whole_schema(LINE, description="A telephone line that may be shown to readers today.")


def line_value(line: Hotline, reading: Reading) -> dict[str, Any]:
    return represent(line, LINE, reading)


class HotlinesEndpoint(Endpoint):
    """Telephone lines that may be shown to readers today, the danger lines first. Ask anew at least once a day: a line
    that nobody has tested for a month disappears by itself."""

    plural = "hotlines"
    model = Hotline
    component = "Hotline"
    fields = LINE
    lookup = by_key("key")
    parameters = (
        Parameter("for_danger", truth(), "Only lines for danger now, or only the others."),
        fields_parameter(field.name for field in LINE),
        *PAGING,
    )

    def everything(self) -> Any:
        return Hotline.objects.published()

    def narrowed(self, found: Any, values: dict[str, Any], request: Request) -> Any:
        return found.filter(for_danger=values["for_danger"]) if "for_danger" in values else found
