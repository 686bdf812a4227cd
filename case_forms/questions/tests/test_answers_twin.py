"""static/js/answers.js reads a page as `from_post` and `clean` read what it sends: one table of entries for both."""

import json
from datetime import date
from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string

from .. import registry
from ..base import AnswerError, CleanContext, is_unanswered
from .chromium import OpenPage
from .every_type import GOOD, IDENTITY, listed, question
from .sources import AllFiles, FixedSource

pytestmark = pytest.mark.browser

TODAY = date(2026, 3, 1)
CONTEXT = CleanContext(sources=FixedSource(), today=TODAY, attachments=AllFiles())
NAME = "row-0-thing"
ALONE = [*listed("a", "b"), {**listed("c")[0], "exclusive": True}]
Entry = dict[str, str | list[str]]

# type: what is entered in which field ("" is the question's own name); properties
TYPED: list[tuple[str, Entry, dict[str, Any]]] = [
    *(("text", {"": words}, {}) for words in ("Ana", "  Ana ", " ", "e\u0308", "\x85a\u3000", "\ufeff", "x" * 301)),
    ("text", {"": "abcd"}, {"max_length": 3}),
    ("text", {"": "ab😀"}, {"max_length": 3}),
    ("other_specify", {"": "Një gjë"}, {}),
    *(("long_text", {"": words}, {}) for words in ("një\ndy", "\n\n", "a\r\nb", " x \n")),
    ("long_text", {"": "a\nb"}, {"max_length": 3}),
    ("long_text", {"": "a\nb"}, {"max_length": 4}),
    ("long_text", {"": "a\nbc"}, {"max_length": 3}),
    *(("integer", {"": words}, {}) for words in ("12", "-3", "+5", "-0", "1e3", "1.0", "1,5", "twelve", "9" * 13)),
    ("integer", {"": "7"}, {"min": 8}),
    ("integer", {"": "8"}, {"min": 8, "max": 8}),
    ("integer", {"": "2000000000"}, {}),
    *(("decimal", {"": words}, {}) for words in ("1,5", "1.5", "-0.25", "0,0", ".5", "1.", "1.5.5", "9" * 16)),
    ("decimal", {"": "0.1"}, {"min": 0.2}),
    *(("scale", {"": words}, {"min": 0, "max": 100}) for words in ("7", "7.0", "7.5", "101", "x", "-1", "007")),
    *(("scale", {"": words}, {"min": 0, "max": 3, "step": 0.1}) for words in ("0.3", "0,7", "2.9", "2.95", "3")),
    *(("scale", {"": words}, {"min": -0.5, "max": 20, "step": 0.25}) for words in ("-0.5", "-0.25", "0", "0.1")),
    ("scale", {"": "4"}, {}),
    *(("date", {"": words}, {}) for words in ("2012-02-29", "2013-02-29", "1899-12-31", "2100-12-31", "2000-02-29")),
    ("date", {"": "2026-03-02"}, {"max": "today"}),
    ("date", {"": "2026-03-01"}, {"max": "today", "min": "2026-03-01"}),
    *(("time", {"": words}, {}) for words in ("14:05", "00:00", "23:59")),
    ("time", {"": "08:00"}, {"min": "08:30"}),
    ("time", {"": "17:00"}, {"max": "16:59"}),
    ("datetime", {"": "2026-01-02T10:00"}, {}),
    ("datetime", {"": "2026-07-02T10:00"}, {}),
    ("datetime", {"": "2026-03-29T02:30"}, {}),  # this hour isn't there
    ("datetime", {"": "2026-10-25T02:30"}, {}),  # this one is there twice
    ("datetime", {"": "2026-10-25T03:00"}, {}),
    ("datetime", {"": "2026-03-02T00:00"}, {"max": "today"}),
    *(
        ("approximate_date", {".year": year, ".month": month, ".day": day}, {})
        for year, month, day in (
            ("2012", "", ""),
            ("2012", "05", ""),
            ("2012", "05", "3"),
            ("2012", "02", "30"),
            ("2012", "", "3"),
            ("", "05", "3"),
            ("12", "", ""),
            ("1899", "", ""),
            ("2100", "12", "31"),
            ("20x2", "", ""),
            ("", "", ""),
        )
    ),
    ("approximate_date", {".year": "2026", ".month": "", ".day": ""}, {"max": "today"}),
    ("approximate_date", {".year": "2026", ".month": "04", ".day": ""}, {"max": "today"}),
    ("approximate_date", {".year": "2011", ".month": "", ".day": ""}, {"min": "2012-06-01"}),
    ("approximate_date", {".year": "2012", ".month": "05", ".day": ""}, {"min": "2012-06-01"}),
    *(
        ("duration", {".hours": hours, ".minutes": minutes}, {})
        for hours, minutes in (("1", "35"), ("", "90"), ("2", ""), ("", ""), ("1,5", ""), ("-1", "5"), ("9999999", ""))
    ),
    ("duration", {".hours": "1", ".minutes": ""}, {"min": 61}),
    *(("boolean", {"": words}, {}) for words in ("true", "false")),
    *(("yes_no_unknown", {"": words}, {}) for words in ("yes", "unknown")),
    ("select_one", {"": "b"}, {}),
    ("select_one", {"": "IT"}, {"choices_from": "countries"}),
    ("select_many", {"": ["a", "c"]}, {}),
    ("select_many", {"": ["a"]}, {"min": 2}),
    ("select_many", {"": ["a", "b"]}, {"max": 1}),
    ("select_many", {"": ["c"]}, {"choices": ALONE}),
    ("select_many", {"": ["a", "c"]}, {"choices": ALONE}),
    ("select_many", {"": ["a", "b"]}, {"choices": ALONE}),
    ("ranking", {"": ["2 a", "1 b", "3 c"]}, {}),
    ("ranking", {"": ["2 a", "1 b", ""]}, {}),
    ("ranking", {"": ["2 a", "2 b", "3 c"]}, {}),
    ("matrix", {".sleep": "bad"}, {}),
    ("matrix", {".food": "good", ".sleep": "bad"}, {}),
    ("municipality", {"": "sarande"}, {}),
    ("partner", {"": "shelter-north"}, {}),
    ("session", {"": "session-1"}, {}),
    ("outreach_visit", {"": "visit-1"}, {}),
    ("colleague", {"": "7"}, {}),
    *(("case_reference", {"": words}, {}) for words in (" 7k2m9q ", "7K2M9O", "7K2M9")),
    *(
        ("phone", {"": words}, {})
        for words in (
            *("069 123 4567", "+355 (0)69 123-45.67", "00355691234567", "355691234567", "129", "116111", "112"),
            *("+39 06 1234 5678", "0039 06 1234 5678", "04 223 4567", "12", "call me", "069", "0691234", "+12"),
            *("069123456789012", "0800 1212", "0000000", "+3550000000"),
        )
    ),
    *(
        ("email", {"": words}, {})
        for words in ("ana@example.org", " Ana.B+x@EXAMPLE.Org ", "ana@", "ana@example", "a b@example.org", "a@-x.org")
    ),
    *(
        ("geopoint", {".lat": lat, ".lon": lon}, {})
        for lat, lon in (
            *(("40.4661", "19.4897"), ("40,466123456", "-19.5"), ("91", "19"), ("x", "19"), ("40", ""), ("", "")),
            ("-0.000001", "180"),
        )
    ),
    ("geopoint", {".municipality": "vlore"}, {"coarsen": "municipality"}),
    ("geopoint", {".municipality": ""}, {"coarsen": "municipality"}),
    ("signature", {".name": " Ana "}, {}),
    ("signature", {".strokes": "[[10,20,400,300],[0,0]]"}, {}),
    ("signature", {".strokes": "[[10,20,400,300]]", ".name": "Ana"}, {}),
    ("signature", {".strokes": "[[10,20,400]]"}, {}),
    ("signature", {".strokes": "[[10,500]]"}, {}),
    ("signature", {".strokes": "nonsense"}, {}),
    ("signature", {".strokes": "[]"}, {}),
    ("indicators", {".exploitation.hazardous": "present", ".exploitation.hazardous.basis": "told"}, {}),
    ("indicators", {".exploitation.hazardous": "absent", ".exploitation.bad_living": "unknown"}, {}),
    ("indicators", {".exploitation.hazardous.basis": "told"}, {}),
    ("indicator_assessment", {".decision": "insufficient", ".reason": " Too little\nwas said. "}, {}),
    ("indicator_assessment", {".decision": "insufficient"}, {}),
    ("indicator_assessment", {".reason": "Because."}, {}),
]
# what is there already, as an answer that the widget shows: each good answer must be read back from the page
SHOWN = [(name, value, {}) for name, values in GOOD.items() for value in values] + [
    ("geopoint", {"municipality": "vlore"}, {"coarsen": "municipality"}),
    ("scale", 40, {"min": 0, "max": 100}),
]


def drawn(number: int, type_name: str, value: Any, more: dict[str, Any]) -> str:
    asked = question(type_name, **more)
    context = {
        "question": asked,
        "name": NAME,
        "value": value,
        "errors": [],
        "language": "sq",
        "required": False,
        "choices": registry.get(type_name).choices(asked, "sq", CONTEXT.sources),
        "id": f"q-{number}",
    }
    return f'<form id="f{number}">{render_to_string("questions/question.html", context)}</form>'


def rule(type_name: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"type": type_name, **registry.get(type_name).live(question(type_name, **more), TODAY)}


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


def cleaned(type_name: str, sent: str, more: dict[str, Any]) -> Any:
    """What the server makes of what the page sends; None when that is nothing, or wrong."""
    kind, asked = registry.get(type_name), question(type_name, **more)
    raw = kind.from_post(QueryDict(sent), NAME, asked)
    try:
        value = None if is_unanswered(raw) else kind.clean(raw, asked, CONTEXT)
    except AnswerError:
        return None
    return None if is_unanswered(value) else value


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
