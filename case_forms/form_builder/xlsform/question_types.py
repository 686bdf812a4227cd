"""The types of XLSForms and their equivalents here."""

from dataclasses import dataclass

from case_forms.questions import registry

TEXTS = ("text", "string", "q string", "add text prompt")
INTEGERS = ("integer", "int", "q int", "add integer prompt")
DECIMALS = ("decimal", "q decimal", "add decimal prompt")
DATES = ("date", "q date", "add date prompt")
MOMENTS = (
    "dateTime",
    "datetime",
    "date time",
    "q dateTime",
    "q date time",
    "add dateTime prompt",
    "add date time prompt",
)
POINTS = ("geopoint", "gps", "location", "q geopoint", "q location", "add location prompt")
NOTES = ("note", "q note", "add note prompt")
CALCULATIONS = ("calculate", "q calculate", "add calculate prompt")
BARCODES = ("barcode", "q barcode", "add barcode prompt")
ACKNOWLEDGED = ("acknowledge", "trigger", "q acknowledge", "add acknowledge prompt")
# facts about the device, the person and the hour, which the system keeps itself
LEFT_OUT = frozenset(
    {
        *("start", "end", "start time", "end time", "get start time", "get end time", "today", "get today", "audit"),
        *("deviceid", "device id", "get device id", "username", "phonenumber", "get phone number", "email"),
        *("simserial", "sim id", "get sim id", "subscriberid", "subscriber id", "get subscriber id"),
        *("uri:deviceid", "uri:username", "uri:phonenumber", "uri:email", "uri:simserial", "uri:subscriberid"),
        *("start-geopoint", "background-geopoint"),
    }
)
UNSUPPORTED = frozenset(
    {
        *(
            "audio",
            "q audio",
            "video",
            "q video",
            "background-audio",
            "geotrace",
            "geoshape",
            "q geotrace",
            "q geoshape",
        ),
        *("osm", "xml-external", "csv-external", "select one external", "select from file"),
    }
)
SIMPLE = {
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(INTEGERS, "integer"),
    **dict.fromkeys(DECIMALS, "decimal"),
    **dict.fromkeys(DATES, "date"),
    **dict.fromkeys(MOMENTS, "datetime"),
    **dict.fromkeys(POINTS, "geopoint"),
    **dict.fromkeys(CALCULATIONS, "calculated"),
    **dict.fromkeys(BARCODES, "text"),
    **dict.fromkeys(ACKNOWLEDGED, "select_one"),
    "time": "time",
    "range": "scale",
    "hidden": "hidden",
    "photo": "file",
    "q picture": "file",
    "q image": "file",
    "file": "file",
    "select one": "select_one",
    "select all that apply": "select_many",
    "rank": "ranking",
}
# lists that differ from one person to the next
OF_ONES_OWN = frozenset({"session", "outreach_visit", "colleague"})
# ours, by the name they have there: what `vatra::type` may say of a row of this type
ALSO = {
    "text": {"text", "long_text", "case_reference", "phone", "email", "other_specify", "approximate_date"}
    | OF_ONES_OWN
    | {"zone"},
    "integer": {"integer", "duration"},
    "decimal": {"decimal"},
    "date": {"date", "approximate_date"},
    "datetime": {"datetime"},
    "time": {"time"},
    "scale": {"scale"},
    "geopoint": {"geopoint"},
    "file": {"file", "signature"},
    "select_one": {"select_one", "boolean", "yes_no_unknown", "municipality", "zone", "partner", "geopoint"}
    | OF_ONES_OWN,
    "select_many": {"select_many"},
    "ranking": {"ranking"},
    "calculated": {"calculated"},
    "hidden": {"hidden"},
}
GROUPS = frozenset({"matrix", "indicators", "indicator_assessment"})
WITH_OWN_LISTS = OF_ONES_OWN | {"boolean", "yes_no_unknown", "municipality", "zone", "partner", "geopoint"}
SHOWN_LARGE = ("multiline", "textarea")
LARGE_DATES = ("month-year", "year")


@dataclass(frozen=True)
class MatchedType:
    """Our type for a row. `nearest`: whether something was lost; `is_ours`: whether `vatra::type` named it."""

    type: str
    nearest: bool = False
    is_ours: bool = False


def find_type(theirs: str, appearance: str, wanted: str, rows: str) -> MatchedType | None:
    """Return our type for theirs, None when there is none.

    `wanted`: what `vatra::type` says; `rows`: the parameter of a text.
    """
    base = SIMPLE.get(theirs)
    if base is None:
        return None
    # It counts only on a row of the type that our export would write for it (docs/xlsform.md).
    if wanted in ALSO.get(base, ()) and wanted in registry.names():
        return MatchedType(wanted, is_ours=True)
    words = appearance.split()
    if base == "text" and (any(word in SHOWN_LARGE for word in words) or (rows.isdigit() and int(rows) > 1)):
        return MatchedType("long_text")
    if base == "date" and any(word in LARGE_DATES for word in words):
        return MatchedType("approximate_date", nearest=True)
    if base == "file" and "signature" in words:
        return MatchedType("signature")
    return MatchedType(base, nearest=theirs in BARCODES or theirs in ACKNOWLEDGED)
