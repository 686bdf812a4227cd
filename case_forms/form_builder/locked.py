"""What stays as it is once it was published, in whichever version: the keys of a form, and the values of its choices.

Answers are kept under keys and as values, and rules compare with them. A value can be taken out of use by deleting its
choice; the same choice under another value would be one thing counted, and looked for, under two names.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from . import canonical
from .models import FormVersion
from .outline import questions
from .shapes import Problem

Texts = Mapping[str, str]
Values = dict[str, list[Texts]]  # {value: its labels, one for each wording there was}


class Published(NamedTuple):
    """What versions have published. `values`: by question; `of_lists`: by the list that choices came from."""

    keys: frozenset[str]
    values: Mapping[str, Values]
    of_lists: Mapping[str, Values]


def get_published(form_key: str) -> Published:
    """What any version of this form has published."""
    texts = FormVersion.objects.filter(form__key=form_key).order_by("number").values_list("canonical", flat=True)
    return _together(list(texts))


def published_in_list(name: str) -> Values:
    """The values that any version of any form has published from the list of this name ("shared:services")."""
    quoted = canonical.dump({"list": name})[1:-1]  # as it stands in the canonical text
    texts = FormVersion.objects.filter(canonical__contains=quoted).values_list("canonical", flat=True)
    return dict(_together(list(texts)).of_lists.get(name, {}))


def renamed_values(form_key: str, definition: Mapping[str, Any]) -> list[Problem]:
    """Choices of a resolved definition that stand there under another value than they were published with."""
    published = get_published(form_key).values
    found = []
    for path, question in _with_paths(definition):
        for position, was in renamed_in(question["choices"], published.get(question["key"], {})):
            at = f"{path}/choices_from" if question.get("list") else f"{path}/choices/{position}/value"
            found.append(Problem(at, "locked_value", locked_words(was)))
    return found


def renamed_in(choices: list[dict[str, Any]], published: Values) -> Iterator[tuple[int, str]]:
    """(position, the value it was published with) of each choice that has another value now."""
    present = {choice.get("value") for choice in choices}
    gone = {value: labels for value, labels in published.items() if value not in present}
    for position, choice in enumerate(choices):
        if choice.get("value") not in published:
            for value, labels in gone.items():
                if any(_same_words(choice["label"], label) for label in labels):
                    yield position, value
                    break


def locked_words(value: str) -> str:
    return _("This choice was published with the value “%(value)s”: don't change it. Its text may change.") % {
        "value": value
    }


@lru_cache(maxsize=256)
def _published(text: str) -> Published:
    definition = canonical.parse(text)
    values: dict[str, Values] = {}
    of_lists: dict[str, Values] = {}
    for placed in questions(definition):
        for choice in placed.question.get("choices", ()):
            _add(values.setdefault(placed.question["key"], {}), choice)
            if "list" in placed.question:
                _add(of_lists.setdefault(placed.question["list"], {}), choice)
    return Published(frozenset(_keys(definition["sections"])), values, of_lists)


def _together(texts: list[str]) -> Published:
    keys: set[str] = set()
    values: dict[str, Values] = {}
    of_lists: dict[str, Values] = {}
    for published in map(_published, texts):
        keys |= published.keys
        for made, found in ((values, published.values), (of_lists, published.of_lists)):
            for name, each in found.items():
                for value, labels in each.items():
                    known = made.setdefault(name, {}).setdefault(value, [])
                    known += [label for label in labels if label not in known]
    return Published(frozenset(keys), values, of_lists)


def _add(values: Values, choice: Mapping[str, Any]) -> None:
    labels = values.setdefault(choice["value"], [])
    if choice["label"] not in labels:
        labels.append(choice["label"])


def _same_words(one: Texts, other: Texts) -> bool:
    """Alike in every language that both are written in."""
    both = [language for language in one if one[language].strip() and other.get(language, "").strip()]
    return bool(both) and all(one[language].strip() == other[language].strip() for language in both)


def _keys(parts: list[dict[str, Any]]) -> Iterator[str]:
    for part in parts:
        yield part["key"]
        yield from _keys(part.get("items", []))


def _with_paths(definition: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(JSON pointer, question) of each question with choices, those inside repeat groups included."""

    def within(items: list[dict[str, Any]], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for position, item in enumerate(items):
            here = f"{path}/items/{position}"
            if "choices" in item:
                yield here, item
            yield from within(item.get("items", []), here)

    for position, section in enumerate(definition["sections"]):
        yield from within(section["items"], f"/sections/{position}")
