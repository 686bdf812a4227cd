"""Whatever comes in, for every type: only AnswerError comes out, and the schema and `clean` agree."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from .. import registry
from ..base import AnswerError, is_unanswered
from ..indicators import by_id
from .every_type import GOOD, asked
from .test_types import CONTEXT, SOURCE

# what a schema can't say: which numbers there are in a country, and that a stroke is made of pairs
NOT_EXACT = {"phone", "signature"}

json_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["a", "vlore", "yes", "2012-02-29", "2026-01-02T10:00Z", "7K2M9Q", "0691234567", "\ud800", "\0"])
    | st.text(alphabet="0123456789-:TZ+. ", max_size=25)
)
json_values = st.recursive(
    json_scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6) | st.sampled_from(["answer", "basis", *by_id()]), inner, max_size=4)
    ),
    max_leaves=12,
)
indicator_values = st.dictionaries(
    st.sampled_from(sorted(by_id())),
    st.fixed_dictionaries(
        {"answer": st.sampled_from(["present", "absent", "unknown", "not_asked"])},
        optional={"basis": st.sampled_from(["told", "observed", "document", "third_party"])},
    ),
    max_size=5,
)


@pytest.mark.parametrize("type_name", sorted(registry.names()))
@settings(max_examples=60, deadline=None)
@given(raw=json_values | indicator_values)
@example(raw=10**400)
@example(raw=1e400)
def test_whatever_comes_in_only_an_answer_error_comes_out(type_name, raw):
    """And what is accepted agrees with the schema, can be encoded and shown, and cleaning it again changes nothing."""
    kind, question = registry.get(type_name), asked(type_name)
    words = value = None
    try:
        value = kind.clean(raw, question, CONTEXT)
    except AnswerError as error:
        words = str(error.message)
    assert words != ""
    if words or is_unanswered(raw):
        return
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    assert Draft202012Validator(kind.schema(question, SOURCE)).is_valid(raw)
    assert kind.formatted(value, question, "sq", SOURCE) or value == {}
    if not is_unanswered(value):
        assert kind.clean(value, question, CONTEXT) == value


mutations = st.sampled_from([None, "", "a", "x" * 400, " ", 0, -1, 6, 1.5, 10**12, True, [], {}, ["a"], "2013-02-29"])


@st.composite
def bent(draw, value):
    """A good answer with something in it changed, taken away or added; often it stays good."""
    if draw(st.integers(0, 3)) == 0:
        return draw(mutations)
    if isinstance(value, dict):
        made = {key: draw(bent(part)) if draw(st.booleans()) else part for key, part in value.items()}
        if made and draw(st.integers(0, 4)) == 0:
            del made[draw(st.sampled_from(sorted(made)))]
        return {**made, "more": draw(mutations)} if draw(st.integers(0, 9)) == 0 else made
    if isinstance(value, list):
        made = [draw(bent(part)) if draw(st.integers(0, 3)) == 0 else part for part in value]
        return made + made[:1] if draw(st.integers(0, 4)) == 0 else draw(st.permutations(made))
    if isinstance(value, str) and value:
        at = draw(st.integers(0, len(value) - 1))
        changed = value[:at] + draw(st.text(alphabet="0123456789-:.@ a\n", max_size=2)) + value[at + 1 :]
        return changed.removesuffix("\n")  # Python's $ stands before a last newline; that of JSON Schema doesn't
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + draw(st.sampled_from([0, 0.0, 1, -1, 0.5, 1e-9, 400]))
    return value


@pytest.mark.parametrize("type_name", sorted(registry.names() - NOT_EXACT))
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_the_schema_accepts_what_is_accepted_and_nothing_else(type_name, data):
    kind, question = registry.get(type_name), asked(type_name)
    raw = data.draw(st.sampled_from(GOOD[type_name]).flatmap(bent))
    if is_unanswered(raw):
        return
    try:
        kind.clean(raw, question, CONTEXT)
        accepted = True
    except AnswerError:
        accepted = False
    assert Draft202012Validator(kind.schema(question, SOURCE)).is_valid(raw) is accepted


@pytest.mark.parametrize("type_name", sorted(registry.names()))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_bent_answer_raises_nothing_else_either(type_name, data):
    kind, question = registry.get(type_name), asked(type_name)
    raw = data.draw(st.sampled_from(GOOD[type_name]).flatmap(bent))
    try:
        value = kind.clean(raw, question, CONTEXT)
    except AnswerError:
        return
    if not is_unanswered(value):
        assert kind.clean(value, question, CONTEXT) == value


@pytest.mark.parametrize("type_name", sorted(registry.names()))
def test_every_schema_is_a_good_schema_and_refuses_the_wrong_type(type_name):
    schema = registry.get(type_name).schema(asked(type_name), SOURCE)
    Draft202012Validator.check_schema(schema)
    assert not Draft202012Validator(schema).is_valid(None)
