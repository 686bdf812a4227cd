"""One question of every type, the properties it needs, and good answers to it: for tests in any room."""

from typing import Any

from case_forms.form_builder.definition import Question, parse_question

from .. import registry

IDENTITY = "7d0b2c1e-4a57-4f2f-9a63-0c8f0d6f3b11"


def texts(sq: str, en: str) -> dict[str, str]:
    return {"sq": sq, "en": en}


def listed(*values: str) -> list[dict[str, Any]]:
    return [{"value": value, "label": texts(f"{value}-sq", f"{value}-en")} for value in values]


# what a question of a type needs beside what every question has
NEEDS: dict[str, dict[str, Any]] = {
    "select_one": {"choices": listed("a", "b", "c")},
    "select_many": {"choices": listed("a", "b", "c")},
    "ranking": {"choices": listed("a", "b", "c")},
    "matrix": {"rows": listed("sleep", "food"), "choices": listed("bad", "fair", "good")},
    "scale": {"min": 1, "max": 5},
    "calculated": {"calculation": {"today": []}, "result": "date"},
}
# types that belong to another question, which stands before them: the type of that question
BELONGS_TO = {"other_specify": "select_one", "indicator_assessment": "indicators"}
# good answers, each as it is kept
GOOD: dict[str, list[Any]] = {
    "text": ["Ana", "x"],
    "long_text": ["një\ndy"],
    "integer": [0, 5, 17],
    "decimal": [0.5, 3],
    "scale": [1, 4, 5],
    "date": ["2012-02-29", "2026-03-01"],
    "approximate_date": ["2012", "2012-05", "2012-05-03"],
    "time": ["00:00", "14:05"],
    "datetime": ["2026-01-02T10:00:00+01:00"],
    "duration": [0, 95],
    "boolean": [True, False],
    "yes_no_unknown": ["yes", "no", "unknown"],
    "select_one": ["a", "b"],
    "select_many": [["a"], ["b", "a"]],
    "other_specify": ["Një gjë tjetër"],
    "ranking": [["b", "a", "c"]],
    "matrix": [{"sleep": "bad"}, {"sleep": "good", "food": "fair"}],
    "municipality": ["vlore"],
    "zone": ["zone-market"],
    "partner": ["shelter-north"],
    "session": ["session-1"],
    "outreach_visit": ["visit-1"],
    "colleague": ["7"],
    "case_reference": ["7K2M9Q"],
    "phone": ["+355691234567", "129", "+390612345678"],
    "email": ["ana@example.org"],
    "geopoint": [{"lat": 40.4661, "lon": 19.4897}, {"lat": 40.4661, "lon": 19.4897, "accuracy": 12.0}],
    "file": [{"id": IDENTITY}],
    "signature": [{"strokes": [[10, 20, 400, 300]]}, {"name": "Ana"}],
    "indicators": [{"exploitation.hazardous": {"answer": "present", "basis": "told"}}],
    "indicator_assessment": [{"decision": "potential_victim", "reason": "Because of what was told."}],
    "calculated": ["2026-03-01"],
    "hidden": ["from a program"],
}


def question(type_name: str, key: str = "thing", **more: Any) -> dict[str, Any]:
    """A question of a type with all it needs; `of` names "of_<key>", which is for the caller to put before it."""
    made = {"item": "question", "key": key, "type": type_name, "label": texts("Pyetja", "Question")}
    made |= {"sensitivity": "personal", **NEEDS.get(type_name, {})}
    if type_name in BELONGS_TO:
        made["of"] = f"of_{key}"
    if type_name == "other_specify":
        made["relevant"] = {"==": [{"var": f"of_{key}"}, "other"]}
    if "choices_from" in more:
        made.pop("choices", None)
    return {**made, **more}


def asked(type_name: str, key: str = "thing", **more: Any) -> Question:
    """The same as a node of a parsed form, as types and widgets are given it."""
    return parse_question(question(type_name, key, **more))


def get_owner(made: dict[str, Any]) -> dict[str, Any] | None:
    """The question that `of` names, or None: it must stand before."""
    if "of" not in made:
        return None
    type_name = BELONGS_TO[made["type"]]
    more = {"choices": listed("a", "b", "other")} if type_name == "select_one" else {}
    return question(type_name, key=made["of"], **more)


def every_type(*, key: str = "every_type") -> dict[str, Any]:
    """A form with one question of each type, in the registry's order, those they belong to in front of them."""
    items: list[dict[str, Any]] = []
    for type_name in registry.ordered_names():
        made = question(type_name, key=f"a_{type_name}", **WORDS.get(type_name, {}))
        owner = get_owner(made)
        if owner:
            items.append({**owner, **WORDS.get(f"of_{type_name}", {})})
        items.append(made)
    return {
        "format": 1,
        "key": key,
        "kind": "assessment",
        "title": texts("Çdo lloj pyetjeje", "Every type of question"),
        "languages": ["sq", "en"],
        "sections": [{"key": "all", "title": texts("Të gjitha", "All of them"), "items": items}],
    }


def choice(value: str, sq: str, en: str, **more: str) -> dict[str, Any]:
    return {"value": value, "label": texts(sq, en), **({"with": more} if more else {})}


# words that look like a real form's, for pictures of it
WORDS: dict[str, dict[str, Any]] = {
    "text": {"label": texts("Emri", "First name"), "hint": texts("Vetëm emri, jo mbiemri.", "Not the surname.")},
    "long_text": {"label": texts("Çfarë tregoi personi?", "What did the person tell?")},
    "integer": {"label": texts("Sa fëmijë ka?", "How many children?"), "min": 0, "max": 30},
    "decimal": {"label": texts("Paga në orë, në euro", "Pay for an hour, in euro")},
    "scale": {
        "label": texts("Sa e sigurt ndihet sot?", "How safe do they feel today?"),
        "low_label": texts("aspak", "not at all"),
        "high_label": texts("plotësisht", "wholly"),
    },
    "date": {"label": texts("Data e takimit", "Day of the meeting"), "max": "today"},
    "approximate_date": {
        "label": texts("Kur u largua nga shtëpia?", "When did they leave home?"),
        "hint": texts("Muaji dhe dita mund të mbeten bosh.", "Month and day may stay empty."),
    },
    "time": {"label": texts("Në ç'orë filloi?", "When did it begin?")},
    "datetime": {"label": texts("Kur u pa për herë të fundit?", "When were they last seen?")},
    "duration": {"label": texts("Sa gjatë zgjati takimi?", "How long was the meeting?")},
    "boolean": {"label": texts("Është vetëm?", "Are they alone?")},
    "yes_no_unknown": {"label": texts("Ka nevojë për përkthyes?", "Is an interpreter needed?")},
    "select_one": {
        "label": texts("Ku jeton tani?", "Where do they live now?"),
        "choices": [
            choice("street", "Në rrugë", "On the street"),
            choice("shelter", "Në një strehëz", "In a shelter"),
            choice("friends", "Te miq a të afërm", "With friends or family"),
        ],
    },
    "select_many": {
        "label": texts("Çfarë i duhet sot?", "What is needed today?"),
        "choices": [
            choice("food", "Ushqim", "Food"),
            choice("doctor", "Mjek", "A doctor"),
            choice("bed", "Vend për të fjetur", "A place to sleep"),
        ],
    },
    "of_other_specify": {
        "label": texts("Si u njohëm?", "How did we meet?"),
        "choices": [choice("street", "Në rrugë", "On the street"), choice("other", "Tjetër", "Other")],
    },
    "other_specify": {"label": texts("Si tjetër?", "How else?")},
    "ranking": {
        "label": texts("Çfarë ka më shumë rëndësi?", "What matters most?"),
        "choices": [
            choice("safety", "Siguria", "Safety"),
            choice("money", "Të ardhurat", "Income"),
            choice("family", "Familja", "Family"),
            choice("papers", "Dokumentet", "Papers"),
        ],
    },
    "matrix": {
        "label": texts("Si ka qenë java e fundit?", "How was the last week?"),
        "rows": [
            choice("sleep", "Gjumi", "Sleep"),
            choice("food", "Ushqimi", "Food"),
            choice("safety", "Siguria në vendin ku fle", "Safety where they sleep"),
        ],
        "choices": [
            choice("bad", "Keq", "Bad"),
            choice("fair", "Çka", "Fair"),
            choice("good", "Mirë", "Good"),
            choice("unknown", "Nuk dihet", "Not known"),
        ],
    },
    "municipality": {"label": texts("Bashkia", "Municipality")},
    "partner": {"label": texts("Shërbimi", "Service")},
    "session": {"label": texts("Takimi informues", "Informative session")},
    "outreach_visit": {"label": texts("Dalja në terren", "Outreach visit")},
    "colleague": {"label": texts("Punonjësi i dytë", "Second worker")},
    "case_reference": {"label": texts("Rasti", "Case")},
    "phone": {"label": texts("Telefoni", "Telephone")},
    "email": {"label": texts("E-mail", "E-mail")},
    "geopoint": {"label": texts("Vendi i takimit", "Place of the meeting")},
    "file": {"label": texts("Foto e dokumentit", "Photo of the document")},
    "signature": {"label": texts("Nënshkrimi", "Signature")},
    "indicators": {"label": texts("Treguesit", "Indicators")},
    "of_indicator_assessment": {"label": texts("Treguesit e vlerësuar", "Indicators that are assessed")},
    "indicator_assessment": {"label": texts("Vlerësimi juaj", "Your assessment")},
    "calculated": {"label": texts("Dita e sotme", "Today")},
    "hidden": {"label": texts("Burimi", "Source")},
}
