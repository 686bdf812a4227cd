"""Builders of form definitions, and the small forms that tests fill in. Each call gives a new dict, free to change."""

from typing import Any

from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.definition import AnyItem, parse_form
from case_forms.form_builder.models import FormVersion


def is_child() -> dict[str, Any]:
    return {"and": [{"answered": ["age"]}, {"<": [{"var": "age"}, 18]}]}


def texts(words: str) -> dict[str, str]:
    return {"sq": f"{words} (sq)", "en": words}


def label(key: str) -> dict[str, str]:
    """`first_name` -> "First name"."""
    return texts(key.replace("_", " ").capitalize())


def question(key: str, type_name: str, **more: Any) -> dict[str, Any]:
    return {
        "item": "question",
        "key": key,
        "type": type_name,
        "label": label(key),
        "sensitivity": "personal",
        "required": False,
        **more,
    }


def choices(*values: str) -> list[dict[str, Any]]:
    return [{"value": value, "label": label(value)} for value in values]


def note(key: str, words: str, **more: Any) -> dict[str, Any]:
    return {"item": "note", "key": key, "text": texts(words), **more}


def repeat(key: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"item": "repeat", "key": key, "label": label(key), "items": list(items), **more}


def section(key: str, words: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "title": texts(words), "items": list(items), **more}


def form(key: str, kind: str, words: str, *sections: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "format": 1,
        "key": key,
        "kind": kind,
        "title": texts(words),
        "languages": ["sq", "en"],
        "sections": list(sections),
        **more,
    }


def stored_questions(definition: dict[str, Any]) -> list[dict[str, Any]]:
    """Get every question of a form as it is stored, those inside repeats included."""
    return [located.question.stored for located in parse_form(definition).iter_questions()]


def parse_items(*items: dict[str, Any]) -> tuple[AnyItem, ...]:
    """Get items as a parsed form has them."""
    return parse_form({"sections": [{"items": list(items)}]}).sections[0].items


def publish(definition: dict[str, Any]) -> FormVersion:
    return publish_form(form=save_definition(key=definition["key"], definition=definition))


# ---- the forms of a Scene ----


def small_form() -> dict[str, Any]:
    """A small identification: most types of question, what is shared with whom, a repeat."""
    return form(
        "small_identification",
        "identification",
        "Small identification",
        section(
            "place",
            "Place",
            question("municipality", "municipality", required=True),
            question("danger", "yes_no_unknown", default="unknown", shared_with={"police": True}),
            note("danger_note", "Call 129", relevant={"==": [{"var": "danger"}, "yes"]}),
        ),
        section(
            "person",
            "Person",
            question("birth_date", "date"),
            question("age_stated", "integer", min=0, max=120, relevant={"!": {"answered": ["birth_date"]}}),
            question("first_name", "text", shared_with={"police": {"==": [{"var": "danger"}, "yes"]}, "cpu": True}),
            question(
                "result", "select_one", required=True, choices=choices("potential_victim", "at_risk", "not_victim")
            ),
            question(
                "story",
                "long_text",
                sensitivity="special",
                required={"==": [{"var": "result"}, "potential_victim"]},
                constraint={"expr": {"!=": [{"var": "story"}, "x"]}, "message": texts("Write more than that.")},
            ),
            question("needs", "select_many", choices=choices("shelter", "doctor"), shared_with={"coordinator": True}),
            question("weight", "decimal", min=0),
            question("seen_at", "datetime"),
            question("alone", "boolean"),
            question("phone", "phone"),
            question("signs", "indicators"),
        ),
        section(
            "others",
            "Others",
            repeat(
                "companions",
                question("companion_name", "text", required=True, shared_with={"police": True}),
                question("companion_child", "yes_no_unknown"),
                question("companion_note", "text", relevant={"==": [{"var": "companion_child"}, "yes"]}),
                label=texts("Companion"),
                max=5,
            ),
            relevant={"!=": [{"var": "result"}, "not_victim"]},
        ),
    )


def small_follow_up() -> dict[str, Any]:
    """A referral about an open case, which may change its status."""
    return form(
        "small_follow_up",
        "referral",
        "Small follow-up",
        section(
            "all",
            "All",
            question("case_ref", "case_reference", required=True),
            question("to_org", "partner"),
            question("service", "select_many", choices=choices("shelter", "legal")),
            question("new_status", "select_one", choices=choices("victim", "at_risk", "wrong_status")),
            question("assessed", "boolean"),
        ),
    )


# ---- the forms of a World ----


def identification_form() -> dict[str, Any]:
    """Three sections; the second only for children; a repeat; required-when; a default; a constraint."""
    return form(
        "identification",
        "identification",
        "Identification",
        section(
            "person",
            "The person",
            question("municipality", "municipality", required=True, shared_with={"police": True}),
            question("result", "select_one", required=True, choices=choices("potential_victim", "none")),
            question("age", "integer", hint=texts("Whole years."), min=0, max=120, shared_with={"police": True}),
            question(
                "age_reason",
                "text",
                relevant={"!": [{"answered": ["age"]}]},
                required={"==": [{"var": "result"}, "potential_victim"]},
            ),
            note("child_note", "A child protection worker is told.", relevant=is_child()),
            intro=texts("Ask gently."),
        ),
        section("child", "The child", question("guardian", "yes_no_unknown", required=True), relevant=is_child()),
        section(
            "story",
            "What happened",
            question("account", "long_text", required=True),
            question("consent", "yes_no_unknown", default="unknown"),
            repeat(
                "others",
                question("other_name", "text", required=True),
                question("is_armed", "boolean"),
                question("weapon", "text", relevant={"var": "is_armed"}, required=True),
                label=texts("Other people"),
                max=3,
            ),
        ),
    )


def outreach_form() -> dict[str, Any]:
    return form(
        "outreach_log",
        "outreach",
        "Outreach log",
        section("log", "Log", question("met", "integer", required=True)),
    )


def follow_up_form() -> dict[str, Any]:
    return form(
        "follow_up",
        "assessment",
        "Follow-up",
        section(
            "which",
            "Which case",
            question("about_case", "case_reference", required=True),
            question("note_text", "text", required=True),
        ),
    )
