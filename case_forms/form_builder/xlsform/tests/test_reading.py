"""What of an XLSForm becomes what, column by column, and what the report says."""

import pytest

from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.definition import shape_problems

from ..languages import get_code
from .hostile_parts import GOOD, TYPES, book, changed, declared, with_parts, zipped
from .workbooks import codes, old_workbook, read, rows, separated, workbook

CHOICES = rows("""
list_name | name | label | region
yn | yes | Yes |
yn | no | No |
town | vl | Vlora | south
town | sh | Shkodra | north
""")


def survey(text, **sheets):
    """What is read of a survey sheet written as a table."""
    return read(workbook(survey=rows(text), choices=CHOICES, **sheets))


def get_items(found, section=0):
    assert found.errors == [], found.report
    return found.definition["sections"][section]["items"]


def one(text):
    """The one question of a survey of one row below its headers."""
    return get_items(survey(text))[0]


def places(found, severity="error"):
    return [(each.code, each.sheet, each.row, each.column) for each in found.report if each.severity == severity]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("text", {"type": "text"}),
        ("integer", {"type": "integer"}),
        ("decimal", {"type": "decimal"}),
        ("date", {"type": "date"}),
        ("time", {"type": "time"}),
        ("dateTime", {"type": "datetime"}),
        ("geopoint", {"type": "geopoint"}),
        ("select_one yn", {"type": "select_one", "choices_from": "yn"}),
        ("select one yn", {"type": "select_one", "choices_from": "yn"}),
        ("select_multiple yn", {"type": "select_many", "choices_from": "yn"}),
        ("rank yn", {"type": "ranking", "choices_from": "yn"}),
        ("image", {"type": "file", "accept": ["image"]}),
        ("file", {"type": "file"}),
        ("hidden", {"type": "hidden"}),
        ("range", {"type": "scale", "min": 1, "max": 10}),
        ("barcode", {"type": "text"}),
    ],
)
def test_types_become_ours(theirs, ours):
    question = one(f"type | name | label\n{theirs} | q | Q")
    assert {name: question[name] for name in ours} == ours


@pytest.mark.parametrize(
    ("theirs", "appearance", "ours"),
    [
        ("text", "multiline", "long_text"),
        ("date", "month-year", "approximate_date"),
        ("date", "year", "approximate_date"),
        ("image", "signature", "signature"),
    ],
)
def test_some_appearances_are_types_of_ours(theirs, appearance, ours):
    assert one(f"type | name | label | appearance\n{theirs} | q | Q | {appearance}")["type"] == ours


def test_an_acknowledgement_is_a_choice_of_one():
    question = one("type | name | label\nacknowledge | q | Q")
    assert (question["type"], [choice["value"] for choice in question["choices"]]) == ("select_one", ["OK"])


@pytest.mark.parametrize(
    "theirs", ["video", "audio", "geotrace", "geoshape", "osm", "select_one_from_file x.csv", "nonsense"]
)
def test_types_we_have_not_are_named_and_nothing_is_read(theirs):
    found = survey(f"type | name | label\n{theirs} | q | Q")
    assert found.definition is None
    assert places(found)[0][1:] == ("survey", 2, "type")


def test_facts_that_the_system_keeps_itself_are_left_out_and_can_be_read():
    found = survey("""
type | name | label | relevant
start | start | |
today | today | |
deviceid | device | |
username | who | |
date | d | D |
text | q | Q | ${d} < ${today}
""")
    assert [item["key"] for item in get_items(found)] == ["d", "q"]
    assert get_items(found)[1]["relevant"] == {"<": [{"var": "d"}, {"var": "_today"}]}
    assert ("left_out", "survey", 5, "type") in places(found, "note")
    found = survey("type | name | label | relevant\nusername | who | |\ntext | q | Q | ${who} = 'ana'")
    assert places(found) == [("left_out_and_read", "survey", 3, "relevant")]


def test_rules_are_carried_over():
    question = one("""
type | name | label | hint | required | relevant | constraint | constraint_message | read_only
integer | q | Q | Years | yes | 1 = 1 | . < 120 and . != 7 | Not so old | no
""")
    assert question["hint"] == {"en": "Years"}
    assert question["required"] is True
    assert question["relevant"] == {"==": [1, 1]}
    own = {"var": "q"}
    assert question["constraint"] == {
        "expr": {"and": [{"<": [own, 120]}, {"!=": [own, 7]}]},
        "message": {"en": "Not so old"},
    }
    assert "read_only" not in question


def test_required_may_be_an_expression():
    found = survey("type | name | label | required\ninteger | a | A |\ntext | b | B | ${a} > 3")
    assert get_items(found)[1]["required"] == {">": [{"var": "a"}, 3]}


def test_a_constraint_of_bounds_alone_becomes_bounds():
    assert one("type | name | label | constraint\ninteger | q | Q | . >= 0 and . <= 120")["max"] == 120
    assert one("type | name | label | constraint\ndate | q | Q | . <= today()")["max"] == "today"
    with_words = "type | name | label | constraint | constraint_message\ninteger | q | Q | . >= 0 | Zero or more"
    assert one(with_words)["constraint"]["message"] == {"en": "Zero or more"}


def test_defaults_are_answers_or_expressions():
    found = survey("""
type | name | label | default
integer | a | A | 5
date | b | B | 2026-03-01
select_multiple yn | c | C | yes no
date | d | D | today()
text | e | E | concat(${a}, '!')
""")
    made = get_items(found)
    assert [made[n]["default"] for n in range(3)] == [5, "2026-03-01", ["yes", "no"]]
    assert made[3]["initial"] == {"var": "_today"}
    assert made[4]["initial"] == {"cat": [{"var": "a"}, "!"]}


def test_calculations_know_what_they_come_to():
    found = survey("""
type | name | label | calculation
integer | a | A |
date | d | D |
calculate | total | | ${a} + 1
calculate | share | | ${a} div 3
calculate | day | | date(${d} + 7)
calculate | so | | ${a} > 3
calculate | words | | concat('x', ${a})
integer | twice | Twice | ${a} * 2
calculate | start | | once(${a})
""")
    made = {item["key"]: item for item in get_items(found)}
    results = {key: made[key].get("result", "text") for key in ("total", "share", "day", "so", "words", "twice")}
    assert results == {
        "total": "integer",
        "share": "decimal",
        "day": "date",
        "so": "boolean",
        "words": "text",
        "twice": "integer",
    }
    assert made["twice"]["type"] == "calculated"
    assert (made["start"]["type"], made["start"]["initial"]) == ("hidden", {"var": "a"})


def test_choices_keep_what_filters_read():
    found = survey("""
type | name | label | choice_filter
text | where | Where |
select_one town | t | Town | region = ${where}
""")
    assert found.definition["lists"]["town"]["choices"][0]["with"] == {"region": "south"}
    assert get_items(found)[1]["choice_filter"] == {"==": [{"var": "choice.region"}, {"var": "where"}]}


def test_or_other_is_a_choice_and_a_question():
    select, other = get_items(survey("type | name | label\nselect_multiple yn or_other | q | Q"))
    assert [choice["value"] for choice in select["choices"]] == ["yes", "no", "other"]
    assert (other["type"], other["of"], other["relevant"]) == ("other_specify", "q", {"in": ["other", {"var": "q"}]})
    assert other["label"] == {"en": "Please specify"}


def test_a_range_is_a_scale():
    scale = one("type | name | label | parameters\nrange | q | Q | start=0 end=5 step=0.5")
    assert (scale["min"], scale["max"], scale["step"]) == (0, 5, 0.5)
    found = survey("type | name | label | parameters\nrange | q | Q | start=5 end=1")
    assert places(found) == [("bad_range", "survey", 2, "parameters")]


def test_groups_become_sections_and_groups_in_them_are_laid_flat():
    found = survey("""
type | name | label | relevant
begin_group | home | Home |
integer | a | A |
begin_group | inner | Inner | ${a} > 3
text | b | B | ${a} < 9
end_group | | |
end_group | | |
text | last | Last |
""")
    home, rest = found.definition["sections"]
    assert (home["key"], home["title"], rest["title"]) == ("home", {"en": "Home"}, {"en": "form"})
    note, question = home["items"][1:]
    outer = {">": [{"var": "a"}, 3]}
    assert (note["item"], note["text"], note["relevant"]) == ("note", {"en": "Inner"}, outer)
    assert question["relevant"]["and"][0] == outer
    assert ("group_flattened", "survey", 4, "") in places(found, "note")


def test_a_section_that_is_too_long_goes_on_in_the_next():
    head = "type | name | label | relevant\ntext | why | W |\nbegin_group | g | G | ${why} = 'x'\n"
    lines = "".join(f"text | q{n} | Q | {'${q0} = 1' if n == 650 else ''}\n" for n in range(651))
    found = survey(f"{head}{lines}end_group | | |")
    sizes = [len(section["items"]) for section in found.definition["sections"]]
    assert sizes == [1, 300, 300, 51]
    assert len({section["key"] for section in found.definition["sections"]}) == 4
    parts = found.definition["sections"][1:]
    assert all((part["title"], part["relevant"]) == (parts[0]["title"], parts[0]["relevant"]) for part in parts)
    assert [row for code, _sheet, row, _column in places(found, "note") if code == "section_cut"] == [304, 604]


def test_a_group_of_groups_becomes_several_sections():
    found = survey("""
type | name | label | relevant
integer | a | A |
begin_group | all | All | ${a} > 3
begin_group | one | One | ${a} > 4
text | b | B |
end_group | | |
begin_group | two | Two |
text | c | C |
end_group | | |
end_group | | |
""")
    assert [section["key"] for section in found.definition["sections"]] == ["part_1", "one", "two"]
    both = {"and": [{">": [{"var": "a"}, 3]}, {">": [{"var": "a"}, 4]}]}
    assert [section.get("relevant") for section in found.definition["sections"]] == [None, both, both["and"][0]]


def test_repeats_nest_two_levels_and_may_have_a_number_of_rows():
    found = survey("""
type | name | label | repeat_count
integer | n | N |
begin_repeat | outer | Outer | ${n}
text | a | A |
begin_repeat | inner | Inner | 3
text | b | B |
end_repeat | | |
end_repeat | | |
""")
    outer, note = get_items(found)[1:]
    inner = outer["items"][1]
    assert (inner["item"], inner["min"], inner["max"]) == ("repeat", 3, 3)
    assert note["relevant"] == {"!=": [{"count": [{"var": "outer"}]}, {"coalesce": [{"var": "n"}, 0]}]}
    assert places(found, "warning") == [("repeat_count", "survey", 3, "repeat_count")]


@pytest.mark.parametrize("appearance", ["table-list", "field-list"])
def test_a_table_of_questions_is_a_matrix(appearance):
    rest = "list-nolabel" if appearance == "field-list" else ""
    head = "select_one yn | head | | label\n" if appearance == "field-list" else ""
    found = survey(f"""
type | name | label | appearance | required
begin_group | m | How | {appearance} |
{head}select_one yn | r1 | One | {rest} | yes
select_one yn | r2 | Two | {rest} | yes
end_group | | | |
text | q | Q | |
""")
    matrix = get_items(found)[0]
    assert (matrix["type"], matrix["key"], matrix["required"], matrix["choices_from"]) == ("matrix", "m", True, "yn")
    assert [row["value"] for row in matrix["rows"]] == ["r1", "r2"]


def test_a_row_of_a_matrix_can_be_read():
    found = survey("""
type | name | label | appearance | relevant
begin_group | m | How | table-list |
select_one yn | r1 | One | |
select_one yn | r2 | Two | |
end_group | | | |
text | q | Q | | ${r1} = 'yes'
""")
    assert get_items(found)[1]["relevant"] == {"==": [{"var": "m.r1"}, "yes"]}


def test_languages_are_known_by_code_or_name():
    sheet = [
        {"type": "text", "name": "q", "label::Shqip (sq)": "P", "label::English": "Q", "label::français (fr)": "F"}
    ]
    settings = [{"form_title": "T", "default_language": "English"}]
    found = read(workbook(survey=sheet, settings=settings))
    assert found.definition["languages"] == ["en", "sq", "fr"]
    assert found.definition["sections"][0]["items"][0]["label"] == {"en": "Q", "sq": "P", "fr": "F"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("EN", "en"),
        ("SQ", "sq"),
        ("Hindi (Hindi)", "hi"),
        ("hindi", "hi"),
        ("Dari", "prs"),
        ("Lao", "lo"),
        ("Bahasa Indonesia", "id"),
        ("Kiswahili", "sw"),
        ("Swahili (sw)", "sw"),
        ("简体中文", None),
        ("pt-br", "pt-BR"),
        ("Português (Brasil)", "pt"),
        ("Bosanski", "bs"),
        ("اردو", "ur"),
        ("Tok Pisin (tpi)", "tpi"),
        ("Klingon", None),
        ("XX", None),
    ],
)
def test_a_language_is_known_by_its_code_or_a_name_in_any_case(name, code):
    assert get_code(name) == code


def test_a_missing_translation_is_told_where_it_is_missing_and_keeps_nothing_back():
    sheet = [
        {"type": "text", "name": "q", "label::Shqip (sq)": "P", "label::English (en)": "Q"},
        {"type": "text", "name": "r", "label::Shqip (sq)": "R"},
    ]
    found = read(workbook(survey=sheet))
    assert found.definition is not None
    assert places(found, "warning") == [("missing_translation", "survey", 3, "label::Shqip (sq)")]


def test_texts_lose_their_html_and_inserted_answers():
    found = survey("type | name | label\ntext | who | Name\ntext | q | <b>Age</b> of ${who}<br>in years")
    assert get_items(found)[1]["label"] == {"en": "Age of «Name»\nin years"}
    assert "insertions" in codes(found, "warning")


def test_names_become_keys_and_are_read_by_their_names():
    found = survey("type | name | label | relevant\ninteger | Age.Years | A |\ntext | B | B | ${Age.Years} > 3")
    first, second = get_items(found)
    assert (first["key"], second["key"]) == ("age_years", "b")
    assert second["relevant"] == {">": [{"var": "age_years"}, 3]}
    assert ("renamed", "survey", 2, "name") in places(found, "note")


def test_columns_of_ours_say_how_sensitive_an_answer_is_and_who_may_have_it():
    question = get_items(
        read(
            workbook(
                survey=[
                    {"type": "text", "name": "danger", "label": "D", "vatra::sensitivity": "internal"},
                    {
                        "type": "text",
                        "name": "q",
                        "label": "Q",
                        "vatra::sensitivity": "special",
                        "vatra::shared_with": "police if ${danger} = 'x'\ncpu",
                        "vatra::keep_for": "24",
                    },
                ]
            )
        )
    )[1]
    assert question["sensitivity"] == "special"
    assert question["shared_with"] == {"police": {"==": [{"var": "danger"}, "x"]}, "cpu": True}
    assert question["keep_for"] == 24


def test_wrong_columns_of_ours_are_told():
    sheet = [{"type": "text", "name": "q", "label": "Q", "vatra::sensitivity": "secret", "vatra::shared_with": "mayor"}]
    assert codes(read(workbook(survey=sheet))) == ["bad_sensitivity", "bad_sharing"]


def test_without_them_an_answer_is_personal_and_the_report_says_so_once():
    found = survey("type | name | label\ntext | a | A\ntext | b | B")
    assert [item["sensitivity"] for item in get_items(found)] == ["personal", "personal"]
    assert codes(found, "note").count("sensitivity_assumed") == 1


def test_what_stands_later_cant_be_read_and_is_named():
    found = survey("type | name | label | relevant\ntext | a | A | ${b} = 'x'\ntext | b | B |")
    assert found.definition is None
    assert places(found) == [("forward_reference", "survey", 2, "relevant")]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("relevant", "${nobody} = 1", "unknown_name"),
        ("constraint", "once(.)", "unknown_function"),
        ("choice_filter", "x = 1", "no_column"),
        ("default", "uuid()", "unknown_function"),
        ("read_only", "${a} > 3", "read_only_condition"),
        ("trigger", "${a}", "trigger"),
        ("parameters", "what", "bad_parameters"),
    ],
)
def test_what_cant_be_carried_over_is_named_by_row_and_column(column, cell, code):
    found = survey(f"type | name | label | {column}\ninteger | a | A |\nselect_one yn | q | Q | {cell}")
    assert found.definition is None
    assert (code, "survey", 3, column) in places(found)


def test_all_errors_are_told_at_once():
    found = survey("""
type | name | label | relevant
video | a | A |
select_one nowhere | b | B |
text | | C |
text | d | D | ${x} +
""")
    assert {each.row for each in found.errors} == {2, 3, 4, 5}


def test_pyxforms_own_objections_are_told_when_we_have_none():
    found = survey("type | name | label\nbegin_repeat | data | D\ntext | a | A\nend_repeat | |")
    assert places(found) == [("pyxform", "survey", 2, "")] or codes(found) == ["pyxform"]


def test_what_is_read_can_be_published():
    found = survey("type | name | label | relevant\ninteger | a | A |\nselect_one town | b | B | ${a} > 3")
    assert check_definition(found.definition) == []


@pytest.mark.parametrize(
    "content",
    [
        changed(TYPES, lambda old: declared(old, "bin")),
        with_parts({"customXml/item1.xml": '\ufeff<?xml version="1.0" encoding="utf-16"?><b/>'.encode("utf-16-le")}),
    ],
    ids=["a type that SheetJS declares and doesn't use", "notes of Excel's own, in UTF-16"],
)
def test_what_other_programs_put_into_a_workbook_prevents_nothing(content):
    assert read(content).definition == read(book(GOOD)).definition is not None


MARKS = {"unknown_type", "unknown_operator", "no_choices", "bad_default"}
FORM = {
    "survey": rows("""
type | name | label::Shqip (sq) | label::English (en)
select_one yn | is_safe | A jeni i sigurt? | Are you safe?
text | who | Kush ishte aty, dhe ç'tha? | Who was there; what did they say?
"""),
    "choices": [{"list_name": "yn", "name": "yes", "label::Shqip (sq)": "Po", "label::English (en)": "Yes"}],
    "settings": [{"form_title": "T", "form_id": "kobo", "default_language": "Shqip (sq)"}],
}


@pytest.mark.parametrize(
    "content",
    [
        old_workbook(**FORM),
        separated(**FORM),
        separated(";", **FORM),
        separated(notes=[{"type": "what"}], **FORM),
        zipped({"form/kobo.xlsx": workbook(**FORM), "form/media/a.jpg": b"x", "__MACOSX/form/._kobo.xlsx": b"x"}),
        zipped({"kobo.xls": old_workbook(**FORM), "villages.csv": b"name,label"}),
        zipped({"kobo.csv": separated(**FORM)}),
    ],
    ids=["xls", "csv", "csv with semicolons", "csv with another sheet", "zip", "zip of xls and csv", "zip of csv"],
)
def test_a_form_is_the_same_in_whatever_file_it_comes(content):
    wanted, found = read(workbook(**FORM), key=None), read(content, key=None)
    assert found.definition == wanted.definition is not None
    notes = [(each.code, each.sheet, each.row) for each in found.report if each.code != "file_left_out"]
    assert notes == [(each.code, each.sheet, each.row) for each in wanted.report]


def test_the_survey_alone_is_a_form_as_a_csv_and_files_beside_a_form_are_told():
    found = read(b"type,name,label\ntext,a,A\ninteger,b,B")
    assert [item["key"] for item in get_items(found)] == ["a", "b"]
    found = read(zipped({"kobo.xlsx": workbook(**FORM), "media/a.jpg": b"x"}))
    assert "a.jpg" in next(each.message for each in found.report if each.code == "file_left_out")


REST = """
type | name | label | relevant | constraint | calculation | default | trigger | choice_filter | repeat_count
audio | said | Said |
select_one nowhere | lost | Lost |
select_one | unlisted | Unlisted |
 | typeless | Typeless |
nonsense | strange | Strange |
text | a | A | ${nobody} = 1 |
text | b | B | ${x} + |
text | c | C | | once(.) |
calculate | d | | | | uuid() |
calculate | e | | | | 1 + |
calculate | f | | | | ${whole} + 1 | | ${whole} |
integer | g | G | | | | many |
select_one yn | h | H | | | | | | x = 1 |
begin_loop over yn | l | L |
text | m | M |
end_loop | |
begin_repeat | r | R | | | | | | | pulldata('a', 'b')
begin_repeat | r2 | R |
begin_repeat | r3 | R |
text | deep | Deep |
end_repeat | |
end_repeat | |
end_repeat | |
text | whole | Whole |
"""


def test_the_rest_is_a_form_with_a_mark_at_each_place_where_something_is_missing():
    found = survey(REST)
    assert found.definition is None
    assert {each.row for each in found.errors} == {*range(2, 16), 18, 20}
    assert shape_problems(found.rest) == []
    marked = {problem.path.split("/")[4] for problem in check_definition(found.rest) if problem.code in MARKS}
    items = found.rest["sections"][0]["items"]
    assert {items[int(at)]["key"] for at in marked} == {item["key"] for item in items} - {"whole"}
    assert items[-1] == {"item": "question", "key": "whole", "type": "text", "label": {"en": "Whole"}} | items[-1]
    assert items[5]["relevant"] == {"xpath": "${nobody} = 1"}
    assert items[0]["type"] == "audio"


@pytest.mark.parametrize("row", REST.strip().splitlines()[1:14])
def test_a_form_with_one_row_that_cant_be_carried_over_isnt_published_without_a_decision(row):
    head = REST.strip().splitlines()[0]
    found = survey(f"{head}\ntext | whole | Whole\n{row}\ntext | x | X")
    assert len({each.row for each in found.errors}) == 1
    assert check_definition(found.rest)


def test_no_error_is_cut_from_a_long_report():
    groups = "".join(f"begin_group | g{n} | G\ntext | q{n} | Q\nend_group | |\n" for n in range(405))
    found = survey(
        f"type | name | label\nbegin_group | all | A\ntext | first | F\n{groups}audio | last | L\nend_group | |"
    )
    assert ("unsupported_type", "survey", 1219, "type") in places(found)
    assert found.report[0].severity == "error"
