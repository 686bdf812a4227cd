from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from .. import registry
from ..indicators import by_id
from .every_type import GOOD, asked
from .sources import LISTS, FixedSource

CHOICES = [{"value": f"v{n}", "label": {"sq": f"Vlera {n}", "en": f"Value {n}"}} for n in range(3)]
MANY = [{"value": f"v{n}", "label": {"sq": f"Vlera {n}", "en": f"Value {n}"}} for n in range(20)]
HOSTILE = '"><script>alert(1)</script>'
VALUES = {type_name: answers[-1] for type_name, answers in GOOD.items()} | {
    "boolean": False,
    "select_one": "v1",
    "select_many": ["v1", "v2"],
    "municipality": "sarande",
}
# nobody types into them
WITHOUT_INPUTS = {"calculated", "hidden"}


class Page(HTMLParser):
    """The tags of a rendered widget, and whether they hang together."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, *names, **attributes):
        return [a for tag, a in self.tags if tag in names and all(a.get(k) == v for k, v in attributes.items())]

    def ids(self):
        return [a["id"] for _tag, a in self.tags if "id" in a]

    def inputs(self):
        """What people type into or choose from."""
        return [a for a in self.all("input", "select", "textarea") if a.get("type") != "hidden"]

    def button(self, **attributes):
        return self.all("input", **attributes)[0]


def rendered(
    type_name,
    value=None,
    *,
    errors=(),
    required=False,
    language="sq",
    scope=None,
    attachments=None,
    choices_of=LISTS,
    **more,
) -> Page:
    has_own = type_name in ("select_one", "select_many") and "choices_from" not in more
    question = asked(type_name, **{**({"choices": CHOICES} if has_own else {}), **more})
    context = {
        "question": question,
        "name": "persons-0-thing",
        "value": value,
        "errors": list(errors),
        "language": language,
        "required": required,
        "choices": registry.get(type_name).choices(question, language, FixedSource(choices_of)),
        "id": "q-persons-0-thing",
        "scope": scope or {},
        "attachments": attachments or {},
    }
    with translation.override("en"):  # the page's language; the form's is another matter
        return Page(render_to_string("questions/question.html", context))


every_type = pytest.mark.parametrize("type_name", sorted(registry.names() - {"hidden"}))


@every_type
def test_every_input_has_a_name_and_a_label_of_its_own(type_name):
    page = rendered(type_name, VALUES[type_name], hint={"sq": "Ndihmë"}, errors=["Gabim"], required=True)
    labelled = [label["for"] for label in page.all("label")]
    assert page.inputs() or type_name in WITHOUT_INPUTS
    assert sorted(labelled) == sorted(i["id"] for i in page.inputs() + page.all("output"))
    assert all(i["name"].startswith("persons-0-thing") for i in page.inputs() + page.all("input", type="hidden"))
    assert len(set(page.ids())) == len(page.ids())


@every_type
def test_hint_and_error_are_tied_to_what_they_are_about(type_name):
    page = rendered(type_name, hint={"sq": "Ndihmë"}, errors=["Gabim"])
    described = page.all("fieldset", "input", "select", "textarea", "output", id="q-persons-0-thing")[0]
    assert described["aria-describedby"] == "q-persons-0-thing-hint q-persons-0-thing-error"
    assert {"q-persons-0-thing-hint", "q-persons-0-thing-error"} <= set(page.ids())
    assert "Gabim" in page.html
    assert "Ndihmë" in page.html


@every_type
def test_without_hint_or_error_nothing_points_nowhere(type_name):
    page = rendered(type_name, VALUES[type_name])
    pointed = {i for _t, a in page.tags if "aria-describedby" in a for i in a["aria-describedby"].split()}
    assert pointed <= set(page.ids())
    assert not [a for _t, a in page.tags if "aria-invalid" in a]


@every_type
def test_no_inline_style_or_script_and_nothing_remembered_by_the_browser(type_name):
    page = rendered(type_name, VALUES[type_name], errors=["Gabim"])
    assert not [tag for tag, a in page.tags if tag in ("style", "script") or "style" in a]
    assert not [name for _t, a in page.tags for name in a if name.startswith("on")]
    assert {i.get("autocomplete") for i in page.all("input", "select", "textarea")} <= {"off"}


@every_type
def test_no_field_cuts_short_what_is_pasted_into_it(type_name):
    """Whoever pastes too much is told so; nothing is lost without a word."""
    page = rendered(type_name, VALUES[type_name], max_length=3)
    assert not [tag for tag, a in page.tags if "maxlength" in a]


@every_type
def test_whatever_was_typed_is_shown_again_and_escaped(type_name):
    for value in (HOSTILE, [HOSTILE], {"x": HOSTILE}, {"exploitation.hazardous": HOSTILE}, 3, None, True, [None]):
        page = rendered(type_name, value)
        assert "<script>" not in page.html


def test_the_error_summary_can_jump_to_a_group():
    assert rendered("boolean").all("fieldset", id="q-persons-0-thing", tabindex="-1")


def test_a_value_is_shown_as_it_was_answered():
    assert rendered("text", "Ana").inputs()[0]["value"] == "Ana"
    assert rendered("integer", 1000).inputs()[0]["value"] == "1000"
    assert rendered("decimal", 1.5).inputs()[0]["value"] == "1.5"
    assert rendered("date", "2012-02-29").inputs()[0]["value"] == "2012-02-29"
    assert rendered("datetime", "2026-01-02T10:00:00+00:00").inputs()[0]["value"] == "2026-01-02T11:00"
    assert rendered("datetime", "2026-01-02T10:00").inputs()[0]["value"] == "2026-01-02T10:00"
    assert rendered("datetime", "9999-12-31T23:59:59-12:00").inputs()[0]["value"] == "9999-12-31T23:59:59-12:00"
    assert [i["value"] for i in rendered("boolean", False).inputs() if "checked" in i] == ["false"]
    assert [i["value"] for i in rendered("select_many", ["v2"]).inputs() if "checked" in i] == ["v2"]
    assert rendered("municipality", "sarande").all("option", value="sarande")[0].keys() >= {"selected"}
    assert ">Një\ndy</textarea>" in rendered("long_text", "Një\ndy").html


def test_a_long_list_and_one_that_says_so_fold_into_a_select():
    assert rendered("select_one").all("select") == []
    assert rendered("select_one", choices=MANY).all("select")
    assert rendered("select_one", appearance="list").all("select")
    assert rendered("select_one", choices_from="countries").all("select")


def test_many_from_a_long_list_shows_what_is_chosen_on_top():
    page = rendered("select_many", ["IT"], choices_from="countries")
    assert [i["value"] for i in page.inputs()] == ["IT", "AL", "XK"]
    assert page.html.index('value="IT"') < page.html.index("<details")


def test_an_optional_answer_can_be_taken_back_and_a_required_one_not():
    assert rendered("boolean", True).all("input", value="")
    assert not rendered("boolean", True, required=True).all("input", value="")
    assert not rendered("boolean", None).all("input", value="")


def test_required_is_said_in_words_and_to_readers():
    assert rendered("text", required=True).inputs()[0]["aria-required"] == "true"
    assert "hidden" in rendered("text").all("span", **{"class": "q-required"})[0]
    assert "hidden" not in rendered("text", required=True).all("span", **{"class": "q-required"})[0]


def test_every_indicator_is_asked_and_starts_as_not_asked():
    page = rendered("indicators")
    assert [i["name"] for i in page.inputs() if "checked" in i] == [f"persons-0-thing.{key}" for key in by_id()]
    assert {i["value"] for i in page.inputs() if "checked" in i} == {"not_asked"}
    assert not [a for a in page.all("details") if "open" in a]


def test_an_answered_indicator_opens_its_group_and_keeps_its_basis():
    page = rendered("indicators", VALUES["indicators"])
    assert sum("open" in a for a in page.all("details")) == 1
    assert page.all("input", name="persons-0-thing.exploitation.hazardous", value="present")[0].keys() >= {"checked"}
    assert [a["value"] for a in page.all("option") if "selected" in a] == ["told"]


def test_numbers_and_phones_bring_up_the_right_keys():
    assert rendered("integer").inputs()[0]["inputmode"] == "numeric"
    assert rendered("decimal").inputs()[0]["inputmode"] == "decimal"
    assert rendered("phone").inputs()[0]["type"] == "tel"


def test_the_words_are_in_the_forms_language():
    assert "Question" in rendered("text", language="en").html
    assert "Value 1" in rendered("select_one", language="en").html


@every_type
def test_the_error_summary_can_jump_to_every_widget(type_name):
    assert "q-persons-0-thing" in rendered(type_name, errors=["Gabim"]).ids()


@every_type
def test_what_is_read_only_is_shown_and_not_asked(type_name):
    page = rendered(type_name, VALUES[type_name], read_only=True)
    assert not page.all("input", "select", "textarea")
    if type_name == "indicator_assessment":  # its count, with what it adds up from, in a group of its own
        assert page.all("fieldset", id="q-persons-0-thing")
        return
    assert page.all("output", id="q-persons-0-thing")
    assert page.all("label", **{"for": "q-persons-0-thing"})


def test_a_hidden_question_is_not_drawn():
    assert rendered("hidden", "x").html.strip() == ""


def test_nothing_is_chosen_before_somebody_chooses():
    for type_name in registry.names() - {"indicators"}:
        page = rendered(type_name)
        assert not [a for _t, a in page.tags if "checked" in a]
        assert not [a for a in page.all("option") if "selected" in a and a["value"]]


def test_a_part_keeps_what_was_typed_in_it_even_when_it_fits_nowhere():
    def typed(type_name, value):
        page = rendered(type_name, value, errors=["Gabim"])
        return {a["name"].removeprefix("persons-0-thing"): a["value"] for a in page.all("input", type="text")}

    assert typed("approximate_date", "2012--03") == {".day": "03", ".year": "2012"}
    assert typed("approximate_date", "20x2") == {".day": "", ".year": "20x2"}
    assert typed("duration", "1:x") == {".hours": "1", ".minutes": "x"}
    assert typed("geopoint", {"lat": "north", "lon": 19}) == {".lat": "north", ".lon": "19"}
    places = rendered("ranking", {"places": ["2 a", "2 b"]}).all("option")
    assert [a["value"] for a in places if "selected" in a] == ["2 a", "2 b"]


def test_a_file_that_is_there_is_named_with_its_size_and_can_be_removed():
    there = type("There", (), {"name": "pasaporta.jpg", "size": 20_480})()
    page = rendered("file", VALUES["file"], attachments={VALUES["file"]["id"]: there})
    assert "pasaporta.jpg" in page.html
    assert "20" in page.html.split("pasaporta.jpg")[1][:80]
    assert page.button(name="persons-0-thing.kept")["value"] == VALUES["file"]["id"]
    assert page.button(name="persons-0-thing.remove")["type"] == "checkbox"
    assert page.button(type="file")["accept"] == "image/jpeg,image/png,image/webp,application/pdf"
    assert rendered("file", accept=["pdf"]).button(type="file")["accept"] == "application/pdf"


def test_a_scale_of_few_steps_is_pressed_and_one_of_many_is_written():
    assert len(rendered("scale", min=0, max=10).all("input", type="radio")) == 11
    assert not rendered("scale", min=0, max=11).all("input", type="radio")
    assert [a["value"] for a in rendered("scale", 0.5, min=0, max=1, step=0.5).inputs() if "checked" in a] == ["0.5"]


def test_a_signature_is_there_without_a_script():
    page = rendered("signature", {"strokes": [[1, 2, 3, 4]]})
    assert page.all("polyline", points="1 2 3 4")
    assert page.button(name="persons-0-thing.clear")["type"] == "checkbox"
    assert page.button(name="persons-0-thing.strokes")["value"] == "[[1, 2, 3, 4]]"


def test_a_coarse_place_asks_for_no_point():
    page = rendered("geopoint", {"municipality": "vlore"}, coarsen="municipality")
    assert {a["name"] for a in page.inputs()} == {"persons-0-thing.municipality"}
    assert page.all("option", value="vlore")[0].keys() >= {"selected"}


def test_where_there_are_no_sessions_the_page_says_so():
    assert "There are no informative sessions" in rendered("session", choices_of={}).html


def test_the_suggestion_is_there_without_a_script_and_names_its_source():
    answers = {"exploitation.excessive_hours": {"answer": "present"}, "exploitation.low_no_pay": {"answer": "present"}}
    page = rendered("indicator_assessment", scope={"of_thing": answers})
    shown = [a["data-says"] for _t, a in page.tags if "data-says" in a and "hidden" not in a]
    assert shown == ["signs", "signs"]
    assert "International Labour Organization" in page.html
    assert "This is a working aid, not law." in page.html
