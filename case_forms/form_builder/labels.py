"""Labels of the closed vocabularies of a definition: sensitivities, languages, and the types of questions."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import NATIVE_NAMES

SENSITIVITIES = {
    "public": _("public"),
    "internal": _("internal"),
    "personal": _("personal"),
    "special": _("special category"),
}


def language_name(code: str) -> str:
    """Return a language's own name where we have it, else its code."""
    return NATIVE_NAMES.get(code, code)


# type -> (icon of Wagtail's sprite or of static/js/builder/dom.js, name, hint)
TYPES: dict[str, "tuple[str, str | Promise, str | Promise]"] = {
    "text": ("text", _("Short text"), _("One line: a name, a code")),
    "long_text": ("pilcrow", _("Long text"), _("Several lines: a description")),
    "email": ("mail", _("E-mail"), _("An e-mail address")),
    "phone": ("mobile-alt", _("Telephone"), _("A number, Albanian unless it starts with another country code")),
    "integer": ("number", _("Whole number"), _("A count, an age")),
    "decimal": ("decimal", _("Decimal number"), _("An amount, a measure")),
    "scale": ("sliders", _("Scale"), _("From one number to another, with a text at each end")),
    "duration": ("history", _("Duration"), _("Hours and minutes")),
    "date": ("calendar-alt", _("Date"), _("One day")),
    "approximate_date": ("calendar", _("Approximate date"), _("The year or the month may be all that is known")),
    "time": ("time", _("Time"), _("A time of day")),
    "datetime": ("calendar-check", _("Date and time"), _("A day and a time")),
    "yes_no_unknown": ("help", _("Yes, no, not known"), _("Not known is an answer too")),
    "boolean": ("check", _("Yes or no"), _("Two answers, nothing in between")),
    "select_one": ("one", _("One choice"), _("One out of a list")),
    "select_many": ("tasks", _("Several choices"), _("Any number out of a list")),
    "other_specify": ("edit", _("Other, namely"), _("A text next to the choice “other”")),
    "ranking": ("list-ol", _("Ranking"), _("Put all choices in order")),
    "matrix": ("table", _("Table of choices"), _("The same choices for several rows")),
    "municipality": ("place", _("Municipality"), _("One of the 61")),
    "zone": ("site", _("Outreach zone"), _("One of the zones where the units work")),
    "geopoint": ("crosshairs", _("Place on the map"), _("Where the phone is, or only its municipality")),
    "partner": ("group", _("Protection service"), _("One of our partners")),
    "session": ("calendar", _("Informative session"), _("One of the sessions held")),
    "outreach_visit": ("place", _("Outreach visit"), _("One of the visits in the outreach log")),
    "colleague": ("user", _("Colleague"), _("Somebody of the same mobile unit")),
    "case_reference": ("tag", _("Case reference"), _("The six characters of a case")),
    "file": ("image", _("Photo or file"), _("A picture or PDF, stored encrypted")),
    "signature": ("draft", _("Signature"), _("Drawn, or a typed name")),
    "indicators": ("clipboard-list", _("Indicator checklist"), _("The indicators of trafficking")),
    "indicator_assessment": ("glasses", _("Assessment of indicators"), _("The worker's own decision, with a reason")),
    "calculated": ("cogs", _("Calculated"), _("Calculated from other answers")),
    "hidden": ("no-view", _("Hidden"), _("Never shown; a fixed or calculated value")),
}

TYPE_GROUPS: "list[tuple[str | Promise, list[str]]]" = [
    (_("Text"), ["text", "long_text", "phone", "email"]),
    (_("Choices"), ["yes_no_unknown", "boolean", "select_one", "select_many", "other_specify", "ranking", "matrix"]),
    (_("Numbers"), ["integer", "decimal", "scale"]),
    (_("Dates and times"), ["date", "approximate_date", "time", "datetime", "duration"]),
    (
        _("Places and people"),
        ["municipality", "zone", "geopoint", "partner", "session", "outreach_visit", "colleague", "case_reference"],
    ),
    (_("Evidence"), ["indicators", "indicator_assessment", "file", "signature"]),
    (_("Calculated"), ["calculated", "hidden"]),
]
