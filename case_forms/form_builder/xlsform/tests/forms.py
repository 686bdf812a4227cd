"""Forms to try expressions on, without a workbook."""

import json
from pathlib import Path
from typing import Any

from ..xpath.places import Form, Place

VECTORS = json.loads((Path(__file__).parent / "odk_vectors.json").read_text())
KINDS = {
    "integer": "number",
    "decimal": "number",
    "text": "text",
    "date": "date",
    "dateTime": "datetime",
    "time": "time",
    "geopoint": "object",
    "select_one": "choice",
    "select_multiple": "choices",
}


def get_form(survey: list[dict[str, str]], choices: list[str]) -> Form:
    """Places for rows of a survey sheet, each name being its own key."""
    form = Form()
    inside = [form.root]
    for row in survey:
        name, (sort, *_) = row["name"], row["type"].split()
        if sort == "end_repeat":
            inside.pop()
        elif sort == "begin_repeat":
            inside.append(form.add(Place(name, "repeat", key=name, kind="rows"), inside[-1]))
        else:
            listed = tuple((value, value, value.upper()) for value in choices) if sort.startswith("select") else ()
            place = Place(name, key=name, kind=KINDS[sort], whole=sort == "integer", choices=listed)
            form.add(place, inside[-1])
    return form


def vector_form() -> tuple[Form, Place]:
    """The form that the vectors are about, and a place at its end."""
    form = get_form(VECTORS["survey"], VECTORS["choices"])
    return form, form.add(Place("here", key="here"), form.root)


def get_scope(answers: dict[str, Any]) -> dict[str, Any]:
    """What an expression may read, on the day of the vectors."""
    known = {"_today": VECTORS["today"], "_now": f"{VECTORS['today']}T19:00:00+01:00", "_occurred_on": "2026-11-01"}
    return {key: value for key, value in answers.items() if value is not None} | known
