"""Workbooks of ours: pyxform converts them, ODK Validate accepts them, and nothing is dropped without a word."""

import json
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from openpyxl import load_workbook
from pyxform.validators.odk_validate import ODK_VALIDATE_PATH
from pyxform.xls2xform import convert

from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.lists import resolved
from case_forms.form_builder.tests.samples import SAMPLE, choice, form, question, section, texts
from case_forms.form_builder.tests.strategies import FIXED, GOOD, published
from case_forms.questions import registry
from case_forms.questions.tests.sources import FixedSource
from tests.examples import FACTOR

from ..reading import read_xlsform
from ..writing import write_xlsform
from .canonical import differences
from .workbooks import read, sheets, workbook

SHIPPED = sorted((Path(__file__).parents[2] / "data" / "forms").glob("*.json"))
RANDOM_FORMS = 40


def written(definition):
    return write_xlsform(definition, sources=FixedSource(), shared=lambda key: None)


def book(definition):
    return load_workbook(BytesIO(written(definition)))


def build_rows(definition, sheet="survey"):
    headers, *lines = book(definition)[sheet].iter_rows(values_only=True)
    return [{name: cell for name, cell in zip(headers, row, strict=True) if cell is not None} for row in lines]


def get_row(definition, name):
    return next(row for row in build_rows(definition) if row.get("name") == name)


def every_type():
    """A form that asks a question of every type, inside of repeats and outside."""
    made = []
    for name in sorted(registry.names() - {"other_specify", "indicator_assessment", "calculated"}):
        made.append(question(f"a_{name}", name, **FIXED.get(name, {})))
        if name in ("select_one", "select_many"):
            made[-1]["choices"] = [choice("a"), choice("b"), choice("other")]
    of = {"of": "a_select_one", "relevant": {"==": [{"var": "a_select_one"}, "other"]}}
    made.append(question("a_other", "other_specify", **of))
    made.append(question("a_assessment", "indicator_assessment", of="a_indicators"))
    made.append(question("a_sum", "calculated", result="integer", calculation={"+": [{"var": "a_integer"}, 1]}))
    renamed = [dict(item, key=f"r{item['key']}") for item in made if "of" not in item]
    inner = {"item": "repeat", "key": "inner", "label": texts("Inner"), "items": [question("deep", "text")]}
    outer = {"item": "repeat", "key": "outer", "label": texts("Outer"), "max": 3, "items": [*renamed, inner]}
    return form(section("all", *made), section("rows", outer), section("empty"), intro=texts("Welcome"))


@pytest.fixture(scope="module")
def forms():
    """Forms of all sorts: the sample, one with every type, those that are shipped, real ones, and random ones."""
    found = {"sample": SAMPLE, "every_type": every_type()}
    found |= {path.stem: json.loads(path.read_text()) for path in SHIPPED}
    for name in ("household", "intake"):
        found[name] = read(workbook(**sheets(name)), key=name).definition

    quick = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    count = max(8, round(RANDOM_FORMS * FACTOR))

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=quick,
    )  # fmt: skip
    @given(published())
    def collect(definition):
        found[f"random_{len(found)}"] = definition

    collect()
    return found


def test_odk_validate_accepts_every_form(forms, tmp_path):
    assert shutil.which("java"), "ODK Validate is a Java program: bash deploy/packages.sh test"
    for name, definition in forms.items():
        xform = convert(BytesIO(written(definition)), file_type=".xlsx").xform
        (tmp_path / f"{name}.xml").write_text(xform)
    files = sorted(str(path) for path in tmp_path.glob("*.xml"))
    # for two seconds of work it isn't worth translating what runs often
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    command = ["java", *quick, "-Djava.awt.headless=true", "-jar", ODK_VALIDATE_PATH, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert (done.stdout + done.stderr).count("Xform is valid!") == len(forms)


# A session is text in ODK as long as none is listed, and a text has nothing to filter: the workbook says so itself.
# The days between two dates come back as the days to the second "and no day more": the same number.
BETWEEN = "/sections/1/items/0/constraint/expr/>=/0/days_between/1"
NOT_CARRIED = {
    "session_report": ["/sections/0/items/0/choice_filter"],
    "formal_identification": [f"{BETWEEN}/add_days", f"{BETWEEN}/var"],
}


def test_the_shipped_forms_come_back_as_they_are(forms):
    for path in SHIPPED:
        definition = forms[path.stem]
        found = read(written(definition), key=None, kind=definition["kind"])
        assert found.errors == [], path.stem
        lost = [each.partition(":")[0] for each in differences(found.definition, definition)]
        assert lost == NOT_CARRIED.get(path.stem, []), path.stem


def test_a_form_with_every_type_comes_back_as_it_is():
    definition = every_type()
    assert check_definition(definition) == []
    found = read(written(definition), key=None, kind=definition["kind"])
    assert found.errors == []
    assert differences(found.definition, definition) == []


def test_a_version_is_written_with_its_lists_again():
    own = {"letters": {"choices": [choice("a"), choice("b")]}}
    definition = form(section("s", question("q", "select_one", choices_from="letters")), lists=own)
    assert build_rows(resolved(definition)) == build_rows(definition)


def test_text_is_written_as_text_and_never_as_a_formula():
    label = {"sq": '=HYPERLINK("http://x.example")', "en": "+1+1"}
    sheet = book(form(section("s", question("q", "text") | {"label": label})))["survey"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert label["sq"] in [cell.value for cell in cells]


def test_columns_stand_in_the_order_people_know_and_ours_behind():
    headers = next(book(SAMPLE)["survey"].iter_rows(values_only=True))
    ours = [header.startswith("vatra::") for header in headers]
    assert headers[:4] == ("type", "name", "label::Shqip (sq)", "label::English (en)")
    assert ours == sorted(ours)


def test_lists_we_always_have_are_written_out_with_what_filters_read():
    filtered = {"==": [{"var": "choice.region"}, {"var": "where"}]}
    asked = [question("where", "text"), question("town", "municipality", choice_filter=filtered)]
    definition = form(section("s", *asked))
    assert get_row(definition, "town")["choice_filter"] == "region = ${where}"
    listed = [row for row in build_rows(definition, "choices") if row["list_name"] == "municipalities"]
    assert [(row["name"], row["region"]) for row in listed] == [("vlore", "vlore"), ("sarande", "elsewhere")]


def test_shared_lists_are_written_out_and_stay_shared():
    definition = form(section("s", question("q", "select_one", choices_from="shared:letters")))
    content = write_xlsform(definition, sources=FixedSource(), shared=lambda key: [choice("a"), choice("b")])
    assert "<h:html" in convert(BytesIO(content), file_type=".xlsx").xform
    found = read(content, key=None, kind=definition["kind"], shared=lambda key: [choice("a"), choice("b")])
    assert found.definition["sections"][0]["items"][0]["choices_from"] == "shared:letters"


def test_values_with_blanks_and_signs_are_written_so_that_xlsforms_take_them():
    choices = [choice("në shtëpi"), choice("n'rrugë"), choice("në_shtëpi"), choice("a;b")]
    asked = [question("q", "select_many", choices=choices, default=["në shtëpi", "a;b"])]
    asked.append(question("r", "text", relevant={"in": ["n'rrugë", {"var": "q"}]}))
    definition = form(section("s", *asked))
    values = [row["name"] for row in build_rows(definition, "choices")]
    assert len(set(values)) == 4
    assert not any(" " in value or "'" in value for value in values)
    assert "<h:html" in convert(BytesIO(written(definition)), file_type=".xlsx").xform
    found = read(written(definition), key=None, kind=definition["kind"])
    assert differences(found.definition, definition) == []


def test_bounds_stand_in_the_constraint_and_in_columns_of_ours():
    row = get_row(form(section("s", question("q", "integer", min=0, max=120))), "q")
    assert (row["constraint"], row["vatra::min"], row["vatra::max"]) == (". >= 0 and . <= 120", "0", "120")


def test_a_name_that_two_parts_have_is_given_to_one():
    definition = form(section("home", question("home", "text"), question("meta", "text")))
    names = [row["name"] for row in build_rows(definition) if row["type"] not in ("end_group",)]
    assert len(set(names)) == len(names)
    found = read(written(definition), key=None, kind=definition["kind"])
    assert differences(found.definition, definition) == []


def test_what_xpath_cant_say_is_told_with_what_it_was():
    lost = {"missing_some": [1, ["a", "b"]]}
    asked = [question("a", "text"), question("b", "text"), question("c", "text", relevant=lost)]
    definition = form(section("s", *asked))
    assert "relevant" not in get_row(definition, "c")
    [note] = build_rows(definition, "vatra_notes")
    assert (note["sheet"], note["column"], json.loads(note["was"])) == ("survey", "relevant", lost)
    sheet = book(definition)["survey"]
    assert sheet.cell(int(note["row"]), 2).value == "c"


def test_what_was_lost_in_writing_is_told_when_the_workbook_comes_back():
    lost = {"missing_some": [1, ["a", "b"]]}
    asked = [question("a", "text"), question("b", "text"), question("c", "text", relevant=lost)]
    found = read_xlsform(BytesIO(written(form(section("s", *asked)))), name="back.xlsx", key="back", kind="outreach")
    [told] = [finding for finding in found.report if finding.code == "noted_before"]
    assert (told.sheet, told.severity) == ("survey", "warning")
    assert str(told.row) == build_rows(form(section("s", *asked)), "vatra_notes")[0]["row"]


def test_nothing_lost_nothing_noted():
    assert "vatra_notes" not in book(form(section("s", question("q", "text")))).sheetnames


def test_answers_cant_be_inserted_by_what_a_label_says():
    definition = form(section("s", question("q", "text") | {"label": {"sq": "Pse ${x}?", "en": "Why?"}}))
    assert get_row(definition, "q")["label::Shqip (sq)"] == "Pse $ {x}?"
    assert "<h:html" in convert(BytesIO(written(definition)), file_type=".xlsx").xform


@pytest.mark.parametrize(
    "text", ["një", "a\nb", "🙂", "x" * 5_000, "<b>&amp;</b>", "“quoted”", "tab\there", "'", '"', "-"]
)
def test_texts_come_back_as_they_were(text):
    definition = form(section("s", question("q", "text") | {"label": {"sq": "P", "en": text}}))
    found = read(written(definition), key=None, kind=definition["kind"])
    label = found.definition["sections"][0]["items"][0]["label"]["en"]
    assert label == (text if "<" not in text else "&amp;")


def test_good_defaults_of_every_type_come_back():
    made = []
    for name in sorted(registry.names() - {"other_specify", "indicator_assessment", "calculated", "file"}):
        asked = question(f"a_{name}", name, default=GOOD[name][0], **FIXED.get(name, {}))
        if name in ("select_one", "select_many"):
            asked["choices"] = [choice("a"), choice("b")]
        made.append(asked)
    definition = form(section("all", *made))
    found = read(written(definition), key=None, kind=definition["kind"])
    assert found.errors == []
    assert differences(found.definition, definition) == []


def test_what_is_never_printed_and_what_a_setting_decides_come_back():
    rule = {"and": [{"==": [{"var": "q"}, "yes"]}, {"==": [{"var": "_setting_who"}, "police"]}]}
    asked = question("name", "text") | {"paper": False, "shared_with": {"police": rule, "cpu": True}}
    definition = form(section("s", question("q", "yes_no_unknown"), asked))
    found = read(written(definition), key=None, kind=definition["kind"])
    assert found.errors == []
    assert differences(found.definition, definition) == []
