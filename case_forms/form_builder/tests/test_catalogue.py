"""The editor's catalogue: it knows every type, and has every word that the scripts call."""

import json
import re
from pathlib import Path

import pytest

from case_forms.questions import registry
from case_forms.questions.base import VALUE_KINDS

from ..catalogue import OPERATORS_BY_KIND, catalogue
from ..models import ChoiceList
from ..shapes import KINDS, SENSITIVITIES

SCRIPTS = Path(__file__).parents[3] / "static" / "js" / "builder"
CALLED = re.compile(r"""\b(?:t|entry)\(\s*(?:[^()"`]*\? )?"([a-z_+*/-]+)"(?: : "([a-z_]+)")?""")
FAMILIES = re.compile(r"""\bt\(\s*(?:[^()"`]*\? )?`([a-z_]+_)\$\{""")  # t(`op_${name}`): every word that begins so
BEFORE = re.compile(r"""\bt\([^()]*`\$\{\w+\}_([a-z]+)`""")  # t(`${name}_chosen`)

pytestmark = pytest.mark.django_db


def source() -> str:
    return "\n".join(
        path.read_text() for path in sorted(SCRIPTS.glob("*.js")) if path.name not in ("editor.js", "preview.js")
    )


def test_every_word_that_the_scripts_call_is_there() -> None:
    words = catalogue("en")["words"]
    called = {name for pair in CALLED.findall(source()) for name in pair if name}
    assert len(called) > 150
    assert called - words.keys() == set()
    for family in FAMILIES.findall(source()):
        assert any(name.startswith(family) for name in words), family


def test_every_word_is_called() -> None:
    text = source()
    families = tuple(FAMILIES.findall(text))
    endings = tuple(f"_{ending}" for ending in BEFORE.findall(text))
    idle = {
        name
        for name in catalogue("en")["words"]
        if f'"{name}"' not in text and not name.startswith(families) and not name.endswith(endings)
    }
    assert idle == set()


def test_every_type_has_a_name_a_hint_an_icon_and_one_place_in_the_picker() -> None:
    given = catalogue("en")
    offered = [name for group in given["type_groups"] for name in group["types"]]
    assert sorted(offered) == sorted(registry.names())
    for name, described in given["types"].items():
        assert described["label"] != name
        assert described["hint"]
        assert described["icon"] != "help" or name == "yes_no_unknown"
        assert described["kind"] in OPERATORS_BY_KIND


def test_every_kind_of_value_has_operators_and_every_operator_words() -> None:
    words = catalogue("sq")["words"]
    assert OPERATORS_BY_KIND.keys() == set(VALUE_KINDS)
    assert {f"op_{name}" for names in OPERATORS_BY_KIND.values() for name in names} <= words.keys()


def test_it_offers_what_the_checker_accepts() -> None:
    given = catalogue("en")
    assert tuple(kind["value"] for kind in given["kinds"]) == KINDS
    assert tuple(level["value"] for level in given["sensitivities"]) == SENSITIVITIES
    assert given["new_sensitivity"] in SENSITIVITIES


def test_shared_lists_stand_beside_the_built_in_ones() -> None:
    choices = [{"value": "a", "label": {"sq": "A"}, "with": {"kind": "x"}}]
    ChoiceList.objects.create(key="vehicles", title={"sq": "Mjetet"}, choices=choices)
    lists = catalogue("sq")["lists"]
    assert lists["shared:vehicles"] == {"label": "Mjetet", "choices": choices, "attributes": ["kind"]}
    assert {"municipalities", "regions", "units", "countries", "languages", "partners"} <= lists.keys()


def test_it_is_json_in_both_languages_with_the_same_words() -> None:
    albanian, english = catalogue("sq"), catalogue("en")
    assert json.dumps(albanian)
    assert albanian["words"].keys() == english["words"].keys()
