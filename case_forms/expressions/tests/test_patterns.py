"""The patterns of `matches`: what they have, they have as Python's `re` has it, and no text makes them slow.

test_twin.py and test_browser.py hold the page to the same.
"""

import random
import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from case_forms.expressions import LogicError, evaluate

from ..patterns import MAX_PARTS, MAX_TEXT, Pattern

SIGNS = ["a", "b", "1", "_", "é", "\\d", "\\W", "\\s", "\\.", ".", "[ab]", "[^a]", "[a-c1-3]", "[\\w-]", "[^\\s\\d]"]
TIMES = ["*", "+", "?", "{2}", "{1,}", "{0,2}", "{2,3}", "*?", "+?"]
patterns = st.recursive(
    st.sampled_from(SIGNS),
    lambda inner: (
        st.builds("({}){}".format, inner, st.sampled_from(TIMES))
        | st.builds("(?:{}|{})".format, inner, inner)
        | st.builds("({}|)".format, inner)
        | st.builds("{}{}".format, inner, inner)
        | st.builds("^{}".format, inner)
        | st.builds("{}$".format, inner)
    ),
    max_leaves=8,
)
texts = st.text(alphabet="ab1_é. \n\r\u2028\u00a0٣\U0001f600", max_size=12)


def as_python_writes_it(pattern):
    """`$` at the very end only, `.` as JavaScript has it."""
    written = re.sub(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$", lambda found: found[1] or r"\Z", pattern)
    return re.sub(r"(\\.|\[(?:\\.|[^\]\\])*\])|\.", lambda found: found[1] or "[^\n\r\u2028\u2029]", written)


@settings(max_examples=500)
@given(patterns, st.lists(texts, min_size=1, max_size=5))
def test_what_a_pattern_finds_is_what_pythons_re_finds(pattern, given_texts):
    theirs = re.compile(as_python_writes_it(pattern), re.ASCII)
    ours = Pattern(pattern)
    for text in given_texts:
        assert ours.finds(text) == bool(theirs.search(text)), (pattern, text)


# "||" and "--" in a set mean themselves; Python says that a later version may read them otherwise.
@pytest.mark.filterwarnings("ignore:Possible:FutureWarning")
@settings(max_examples=300)
@given(st.text(alphabet="ab^$.|?*+(){}[]\\-,:=!<123dwsDWS", max_size=14), texts)
@example("[||]", "a|")
def test_whatever_is_written_is_a_pattern_or_refused_and_python_knows_it_too(pattern, text):
    try:
        ours = Pattern(pattern)
    except LogicError:
        return
    assert ours.finds(text) == bool(re.search(as_python_writes_it(pattern), text, re.ASCII)), pattern


HOSTILE = [
    "^(a+)+$",
    "^(a|a)*$",
    "^(a|aa)+$",
    "(.*)*(.*)*x$",
    "^" + "a*" * 60 + "b$",
    "(a|b)*a(a|b){150}c",
    "[ab]*a[ab]{450}c",
    "(" + "a?b?" * 120 + ")*c",
    "((a{0,15}){0,15})x",
    ".{0,400}x",
    "((((a*)*)*)*)*b",
    "(a?){0,240}b",
]

# No work for RE2; RegExp would go on for ever over a long text.
ONLY_HOSTILE_TO_PAGES = ["(||||){400}x", "(^|a|b){2,}!!", "^(a|b|ab)*x", "(" + "^" * 490 + ")*!$", "(|a|b|)*x"]
USUAL = [
    ("^[A-ZÇË][a-zçë]+( [A-ZÇË][a-zçë]+)*$", "Ana Maria Çelësi Hoxha"),
    ("^[^@ ]+@[^@ ]+[.][^@ ]+$", "ana.maria.hoxha@shembull-organizate.example"),
    ("^[+]?[0-9]{3}( ?[0-9]{2,4}){2,3}$", "+355 69 123 4567"),
    ("^20[0-9]{2}-(0[1-9]|1[0-2])$", "2026-11"),
    ("^[A-Z][0-9]{8}[A-Z]$", "J12345678K"),
    ("^(.|\\n)*$", "a word"),
    ("^.*$", "long " * 200),
]


@pytest.mark.parametrize("pattern", HOSTILE)
def test_no_pattern_makes_a_text_take_long(pattern):
    chance = random.Random(7)
    long_texts = ["a" * MAX_TEXT, "ab" * (MAX_TEXT // 2), "".join(chance.choices("ab", k=MAX_TEXT))]
    began = time.process_time()
    for text in long_texts:
        Pattern(pattern).finds(text)
    assert time.process_time() - began < 30  # seconds of work: only what runs away takes so long


def test_patterns_in_a_loop_are_paid_for_in_steps():
    rows = [{"t": "".join(random.Random(n).choices("ab", k=MAX_TEXT))} for n in range(200)]
    began = time.process_time()
    with pytest.raises(LogicError) as raised:
        evaluate({"some": [{"var": "rows"}, {"matches": [{"var": "t"}, "[ab]*a[ab]{450}c"]}]}, {"rows": rows})
    assert raised.value.code == "too_many_steps"
    assert time.process_time() - began < 30  # seconds of work: only what runs away takes so long


def test_a_pattern_may_be_as_large_as_the_limit_says():
    assert Pattern(f"a{{{MAX_PARTS - 1}}}").finds("a" * (MAX_PARTS - 1))
    with pytest.raises(LogicError):
        Pattern(f"a{{{MAX_PARTS}}}")


def test_what_no_table_of_steps_has_room_for_is_still_found():
    """RE2 works without its table then."""
    chance = random.Random(3)
    pattern = Pattern("[ab]*a[ab]{450}c")
    found = []
    for _ in range(20):
        text = "".join(chance.choices("ab", k=900)) + chance.choice("cab") + "b"
        found.append(pattern.finds(text))
        assert found[-1] == bool(text[449] == "a" and text[900] == "c"), text
    assert set(found) == {True, False}


def test_a_refused_pattern_is_told_with_the_place():
    with pytest.raises(LogicError, match=r"“\(\?=” here \(character 3\)"):
        Pattern("ab(?=c)")
    with pytest.raises(LogicError, match="range: z-a"):
        Pattern("[z-a]")
