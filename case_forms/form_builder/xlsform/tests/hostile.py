"""Workbooks that nobody should have to open, each with the code that must stand in its report.

    python -m case_forms.form_builder.xlsform.tests.hostile

reads them all as production does and writes what came of it as JSON: test_hostile.py runs that in a process of its own,
so that its memory can be measured. In `make test` only those of IN_A_PROCESS_OF_ITS_OWN have a new sandbox each, the
others share one that forks (warm_child.py).
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from itertools import compress
from operator import not_
from pathlib import Path
from typing import Any

from tests.examples import FACTOR

from . import hostile_parts as parts
from .hostile_parts import GOOD, HEAD, SHEET, STRINGS, TYPES, book, changed, in_sheet, line, rows, with_parts, zipped
from .warm_child import warm_child

# What ends a child or fills it, what it refuses, and what it reads.
IN_A_PROCESS_OF_ITS_OWN = {
    "elements 200,000 deep",
    "four million characters",
    "20,000 choices",
    "a billion laughs",
    "half a sheet",
    "a sheet as large as they go",
    "names twice",
}

Case = tuple[str, Callable[[], bytes], str]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENTITY = b'<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LAUGHS = b'<!DOCTYPE sst [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
CHOICES = ["list_name", "name", "label", "k"]


def hostile() -> Iterator[Case]:
    """(what it is, how it is made, a code that must be in the report)."""
    yield from _files()
    yield from _insides()
    yield from _sheets()
    yield from _forms()
    yield from _expressions()


def _files() -> Iterator[Case]:
    cells = ",".join(map(str, range(300_000)))
    password = OLE + "EncryptedPackage".encode("utf-16-le") + bytes(4000)
    many = {f"xl/media/{n}.bin": (b"%d" % n) * 450_000 for n in range(10, 60)}
    letter = {TYPES: b"<Types/>", "word/document.xml": b"<x/>"}
    yield "nothing", lambda: b"", "empty_file"
    yield "a page of text", lambda: b"hello " * 1000, "not_a_workbook"
    yield "csv pretending to be xlsx", lambda: b"survey,,\n,type,name\n,text,a\n", "sensitivity_assumed"
    yield "a long csv", lambda: b"type,name\n" + b"text,a\n" * 100_000, "too_many_rows"
    wide = ["type,name", "text,a"]
    yield "a wide csv", lambda: "\n".join(f"{head},{cells}" for head in wide).encode(), "too_many_columns"
    yield "a long cell in a csv", lambda: b"type,name,label\ntext,a," + b"x" * 40_000, "cell_too_long"
    yield "zips in each other", lambda: zipped({"a.xlsx": zipped({"b.xlsx": book(GOOD)})}), "not_a_workbook"
    yield "two workbooks in a zip", lambda: zipped({"a.xlsx": book(GOOD), "b.xls": b"x"}), "several_workbooks"
    yield "a bomb in a zip", lambda: zipped({"a.xlsx": with_parts(many)}), "zip_bomb"
    yield "half a zip", lambda: book(GOOD)[:2000], "broken_zip"
    yield "a zip's first bytes", lambda: b"PK\x03\x04" + bytes(range(256)) * 40, "broken_zip"
    yield "a corrupted zip", parts.corrupted, "broken_zip"
    yield "an old workbook of nothing", lambda: OLE + bytes(4000), "damaged"
    yield "a workbook with a password", lambda: password, "encrypted"
    yield "encrypted parts", parts.marked_encrypted, "encrypted"
    yield "six megabytes", lambda: b"PK\x03\x04" + bytes(6_000_000), "file_too_large"
    yield "a zip bomb", lambda: changed("xl/theme/theme1.xml", lambda old: b" " * 19_000_000), "zip_bomb"
    yield "a zip bomb of many parts", lambda: with_parts(many), "zip_bomb"
    yield "a zip that says it is 4 GB", parts.said_to_be_large, "zip_bomb"
    yield "a thousand parts", lambda: with_parts({f"x/{n}": b"x" for n in range(1000)}), "zip_bomb"
    yield "overlapping parts", parts.overlapping, "zip_bomb"
    yield "two parts of one name", parts.doubled_names, "broken_zip"
    yield "another kind of document", lambda: zipped(letter), "not_a_workbook"
    yield "macros", lambda: with_parts({"xl/vbaProject.bin": b"\xd0\xcf"}), "macros"
    yield "macros by type", lambda: changed(TYPES, lambda old: old.replace(b"ml.sheet", b"ml.macroEnabled")), "macros"
    yield "macros by ending", lambda: changed(TYPES, lambda old: parts.declared(old, "xml")), "macros"


def _insides() -> Iterator[Case]:
    number = line(1, "type", "name") + '<row r="2"><c r="A2"><v>%s</v></c></row>'
    lost = '<row r="1"><c r="A1" t="s"><v>99</v></c></row>'
    far = '<row r="0"><c r="ZZZZ99999999"><v>7</v></c></row>'
    yield "an external entity", lambda: changed(SHEET, lambda old: ENTITY + old), "doctype"
    yield "a billion laughs", lambda: changed(STRINGS, lambda old: LAUGHS + old), "doctype"
    yield "a doctype in UTF-16", parts.in_utf_16, "other_encoding"
    yield "a sheet where nothing is checked", parts.sheet_in_a_part_of_excels_own, "no_survey"
    yield "another encoding", parts.in_latin, "other_encoding"
    yield "half a sheet", lambda: changed(SHEET, lambda old: old[: len(old) // 2]), "damaged"
    yield "no sheet where one should be", lambda: changed(SHEET, lambda old: b""), "damaged"
    yield "characters that XML has not", lambda: in_sheet(line(1, "type", "na\x01me")), "damaged"
    yield "bytes that are no UTF-8", lambda: changed(SHEET, lambda old: old.replace(b"<row", b"<\xff\xfa")), "damaged"
    yield "one text in thousands of cells", parts.one_text_everywhere, "cell_too_long"
    yield "elements 200,000 deep", parts.nested_elements, "no_survey"
    yield "250,000 styles", parts.many_styles, "zip_bomb"
    yield "a sheet as large as they go", parts.as_large_as_they_go, "sensitivity_assumed"
    yield "a cell without a place", lambda: in_sheet(far), "damaged"
    yield "a text that isn't there", lambda: in_sheet(lost), "damaged"
    yield "a number that is none", lambda: in_sheet(number % "NaN"), "damaged"
    yield "a number without an end", lambda: in_sheet(number % "1E999"), "not_finite"


def _sheets() -> Iterator[Case]:
    questions = [["text", f"q{n}", f"Q{n}"] for n in range(10_000)]
    choices = [CHOICES, *(["l", f"c{n}", "C"] for n in range(20_000))]

    def long() -> bytes:
        return book(rows(*(["text", f"q{n}", parts.noise(32_000, n)] for n in range(140))))

    link = '=HYPERLINK("http://x.example","y")'
    day = datetime(2026, 3, 1)  # noqa: DTZ001 - as a spreadsheet has it
    yield "no survey", lambda: parts.sheet_called("survey", "questions"), "no_survey"
    yield "two sheets called survey", lambda: parts.sheet_called("choices", "Survey"), "sheet_twice"
    yield "an empty sheet", lambda: book([]), "no_survey"
    yield "headers only", lambda: book([HEAD]), "no_questions"
    yield "wrong columns", lambda: book([["frage", "antwort"], ["a", "b"]]), "no_questions"
    yield "the same column twice", lambda: book([[*HEAD, "label"], GOOD[1]]), "unreadable"
    yield "10,000 questions", lambda: book(rows(*questions)), "too_many_rows"
    yield "20,000 choices", lambda: book(GOOD, choices), "too_many_rows"
    yield "300 columns", lambda: book([[f"c{n}" for n in range(300)], ["x"] * 300]), "too_many_columns"
    yield "four million characters", long, "too_much_text"
    yield "merged cells", parts.merged, "merged_cells"
    yield "formulas without results", lambda: book(rows(["text", "a", link])), "formula_without_value"
    yield "a formula for a type", lambda: book(rows(["=A1", "a", "A"])), "formula_without_value"
    yield "errors of the spreadsheet", lambda: book(rows(["text", "a", "#REF!"])), "error_value"
    yield "dates as cells", lambda: book(rows(["date", "a", "A", *[None] * 4, day])), "date_cell"
    yield "1,100 questions", lambda: book(rows(*questions[:1_100])), "too_many"


def _forms() -> Iterator[Case]:
    circle = rows(["text", "a", "A", "${b} = 'x'"], ["text", "b", "B", "${a} = 'x'"])
    filters = rows(*(["select_one l", one, one, *[None] * 3, f"k = ${{{other}}}"] for one, other in ("ab", "ba")))
    twice = rows(["text", "a", "A"], ["text", "a", "B"], ["text", "c", "C", "${a} = 'x'"])
    same = [CHOICES, ["l", "x", "X"], ["l", "x", "Y"]]
    yield "a circle", lambda: book(circle), "dependency_cycle"
    yield "filters in a circle", lambda: book(filters, [CHOICES, ["l", "x", "X", "1"]]), "dependency_cycle"
    yield "names twice", lambda: book(twice), "ambiguous_name"
    yield "names of 5,000 characters", lambda: book(rows(["text", "n" * 5_000, "A"])), "renamed"
    yield "names that are reserved", lambda: book(rows(["text", "csrfmiddlewaretoken", "A"])), "reserved_key"
    yield "no names", lambda: book(rows(["text", None, "A"])), "no_name"
    yield "no types", lambda: book(rows([None, "a", "A"])), "no_type"
    yield "unknown types", lambda: book(rows(["quantum", "a", "A"])), "unknown_type"
    yield "types we have not", lambda: book(rows(["video", "a", "A"])), "unsupported_type"
    yield "200 groups deep", lambda: parts.nested("group", 200), "groups_too_deep"
    yield "repeats three deep", lambda: parts.nested("repeat", 3), "repeats_too_deep"
    yield "a group that isn't closed", lambda: book(rows(["begin_group", "g", "G"], GOOD[1])), "group_not_closed"
    yield "a group that isn't open", lambda: book(rows(["text", "a", "A"], ["end_repeat"])), "group_not_open"
    yield "no list of choices", lambda: book(rows(["select_one nowhere", "a", "A"])), "no_list"
    yield "choices twice", lambda: book(rows(["select_one l", "a", "A"]), same), "duplicate_choice"
    yield "a language nobody knows", lambda: book([["type", "name", "label::Klingon"], GOOD[1]]), "unknown_language"


def _expressions() -> Iterator[Case]:
    def asked(*columns: Any) -> Callable[[], bytes]:
        return lambda: book(rows(["integer", "t", "T"], ["text", "q", "Q", *columns]))

    half = line(1, "type", "name", "relevant") + line(2, "text", "a", " + ".join(str(n) for n in range(70_000)))
    many = [["text", f"q{n}", "Q", " or ".join(f"${{t}} = {n * k}" for k in range(400))] for n in range(250)]
    yield "long expressions by the hundred", lambda: book(rows(["integer", "t", "T"], *many)), "expressions_too_long"
    yield "500 kB in an expression", lambda: in_sheet(half), "cell_too_long"
    yield "30 kB in an expression", asked("${t} + " * 4_500 + "1"), "expression_too_long"
    yield "400 parentheses", asked("(" * 400 + "1" + ")" * 400), "expression_too_deep"
    yield "an expression that grows", asked(parts.growing(18)), "expression_too_large"
    yield "a pattern that never ends", asked("", "regex(., '" + "(a+)+" * 60 + "(?=b)$')"), "pattern_refused"
    yield "an open quotation mark", asked("${t} = 'x"), "open_quote"
    yield "signs without a meaning", asked("${t} § ~ 3"), "unread_sign"
    yield "${missing}", asked("${missing} > 3"), "unknown_name"
    yield "another file", asked("pulldata('people', 'name', 'id', ${t}) = 'x'"), "from_a_file"
    yield "an unknown function", asked("system('ls') = 1"), "unknown_function"


def main() -> None:
    """Reads them all; JSON with what came of each, and the most memory that was used here and in children."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django

    django.setup()
    cases = list(hostile())
    alone = [FACTOR >= 1 or name in IN_A_PROCESS_OF_ITS_OWN for name, _make, _wanted in cases]
    done = [_tried(*case) for case in compress(cases, alone)]
    with warm_child() as taken:
        for case in compress(cases, map(not_, alone)):
            taken.clear()
            found = _tried(*case)
            done.append({**found, "seconds": round(found["seconds"] + sum(taken), 2)})
    memory = {"here": _peak_here(), "children": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024}
    json.dump({"files": done, "megabytes": memory}, sys.stdout)


def _peak_here() -> int:
    """Megabytes. Not from `getrusage`: what it says begins with the size of whatever process started this one."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def _worked() -> float:
    """Seconds of a processor, here and in children that have ended: other work on the machine does not count."""
    here, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in (here, children))


def _tried(name: str, make: Callable[[], bytes], wanted: str) -> dict[str, Any]:
    from ..sandbox import read_safely

    content = make()
    started = _worked()
    try:
        found = read_safely(BytesIO(content), name="form.xlsx", key="form", kind="tip", language="en")
        codes = [[finding.code, finding.severity, finding.message] for finding in found.report]
        result: dict[str, Any] = {"is_read": found.definition is not None, "report": codes}
    except BaseException as error:  # noqa: BLE001 - that nothing is raised is what is tested
        result = {"raised": repr(error)[:300]}
    return {"name": name, "wanted": wanted, "seconds": round(_worked() - started, 2), **result}


if __name__ == "__main__":
    main()
