"""static/js/answers.js reads a page as `from_post` and `clean` read what it sends: one table of entries for both."""

import json
from typing import Any

import pytest
from django.template.loader import render_to_string

from .. import registry
from .chromium import OpenPage
from .every_type import GOOD, IDENTITY, asked
from .test_entries import CONTEXT, ENTRIES, NAME, cleaned, rule

pytestmark = pytest.mark.browser

# type: what is entered in which field ("" is the question's own name); properties. The same stand in test_entries.py.
TYPED = [(entry["type"], entry["entered"], entry["properties"]) for entry in ENTRIES]
# what is there already, as an answer that the widget shows: each good answer must be read back from the page
SHOWN = [(name, value, {}) for name, values in GOOD.items() for value in values] + [
    ("geopoint", {"municipality": "vlore"}, {"coarsen": "municipality"}),
    ("scale", 40, {"min": 0, "max": 100}),
]


def drawn(number: int, type_name: str, value: Any, more: dict[str, Any]) -> str:
    question = asked(type_name, **more)
    context = {
        "question": question,
        "name": NAME,
        "value": value,
        "errors": [],
        "language": "sq",
        "required": False,
        "choices": registry.get(type_name).choices(question, "sq", CONTEXT.sources),
        "id": f"q-{number}",
    }
    return f'<form id="f{number}">{render_to_string("questions/question.html", context)}</form>'


ENTER = """(entries) => entries.map(([form, name, entry]) => {
  const fields = document.getElementById(form).elements;
  for (const [part, value] of Object.entries(entry)) {
    const found = [...fields].filter((field) => field.name === name + part);
    if (!found.length) throw new Error(form + " has no " + name + part);
    const values = [value].flat();
    const isBox = (field) => field.type === "radio" || field.type === "checkbox";
    found.forEach((field, index) => {
      if (isBox(field)) field.checked = values.includes(field.value);
      else field.value = values[found.length > 1 ? index : 0];
    });
  }
})"""
READ = """async (rules) => {
  const { answer } = await import("/static/js/answers.js");
  return rules.map(([id, name, rule]) => {
    const form = document.getElementById(id);
    const sent = new URLSearchParams();
    for (const [key, value] of new FormData(form)) {
      if (typeof value === "string") sent.append(key, value.replace(/\\r\\n|\\r|\\n/g, "\\r\\n"));
    }
    return [answer(rule, name, form) ?? null, sent.toString()];
  });
}"""


def test_the_page_and_the_server_read_the_same_answer(open_page: OpenPage) -> None:
    cases = [(name, None, more, entry) for name, entry, more in TYPED]
    cases += [(name, value, more, {}) for name, value, more in SHOWN]
    html = "".join(drawn(number, name, value, more) for number, (name, value, more, _entry) in enumerate(cases))
    with open_page(f"<!doctype html><meta charset=utf-8>{html}") as page:
        page.evaluate(ENTER, [[f"f{number}", NAME, case[3]] for number, case in enumerate(cases)])
        read = page.evaluate(READ, [[f"f{number}", NAME, rule(case[0], case[2])] for number, case in enumerate(cases)])
    differing = []
    for (type_name, value, more, entry), (there, sent) in zip(cases, read, strict=True):
        here = cleaned(type_name, sent, more)
        if json.dumps(here, sort_keys=True) != json.dumps(there, sort_keys=True) and here != there:
            differing.append((type_name, entry or value, more, {"server": here, "page": there}))
        if not entry and type_name not in ("calculated", "hidden"):
            shown = sorted(value) if type_name == "select_many" else value  # boxes stand in the form's order
            assert here == shown, (type_name, value, sent)
    assert differing == []
    assert {case[0] for case in cases} == set(registry.names())


def test_a_file_that_is_there_stays_until_it_is_removed(open_page: OpenPage) -> None:
    html = drawn(0, "file", {"id": IDENTITY}, {})
    with open_page(f"<!doctype html>{html}") as page:
        page.check("#q-0-remove")
        (there, sent), *_others = page.evaluate(READ, [["f0", NAME, rule("file", {})]])
    assert there is None
    assert cleaned("file", sent, {}) is None
