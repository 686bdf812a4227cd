"""Keys and choice values that can't change any more, because some version has published them.

Answers are stored under keys and as values, and rules compare with them. A value can be taken out of use by deleting
its choice; the same choice under another value would be one thing that is counted, and searched for, under two names.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from . import canonical
from .definition import Choice, Form, Problem, parse_canonical
from .models import FormVersion

Texts = Mapping[str, str]
Values = dict[str, list[Texts]]  # {value: its labels, one for each wording there was}


class Published(NamedTuple):
    """The keys and values that versions have published.

    `values`: by question; `of_lists`: by the list that choices came from.
    """

    keys: frozenset[str]
    values: Mapping[str, Values]
    of_lists: Mapping[str, Values]


def get_published(form_key: str) -> Published:
    """Return what any version of this form has published."""
    texts = FormVersion.objects.filter(form__key=form_key).order_by("number").values_list("canonical", flat=True)
    return _together(list(texts))


def published_in_list(name: str) -> Values:
    """Return the values that any version of any form has published from the list of this name ("shared:services")."""
    quoted = canonical.dump({"list": name})[1:-1]  # as it stands in the canonical text
    # A search in text, as the canonical JSON is no JSON column: what it finds too much is parsed and passed over below.
    texts = FormVersion.objects.filter(canonical__contains=quoted).values_list("canonical", flat=True)
    return dict(_together(list(texts)).of_lists.get(name, {}))


def renamed_values(form_key: str, form: Form) -> list[Problem]:
    """Find choices of a resolved form that have another value than the one they were published with."""
    published = get_published(form_key).values
    found = []
    for located in form.iter_questions():
        question, path = located.question, located.path
        for position, was in renamed_in(question.stored.get("choices", ()), published.get(question.key, {})):
            at = f"{path}/choices_from" if question.from_list else f"{path}/choices/{position}/value"
            found.append(Problem(at, "locked_value", locked_words(was)))
    return found


def renamed_in(choices: Sequence[Mapping[str, Any]], published: Values) -> Iterator[tuple[int, str]]:
    """Yield (position, the value it was published with) of each choice that has another value now."""
    present = {choice.get("value") for choice in choices}
    # Only a value that has disappeared can have been renamed: two choices may well have one label.
    gone = {value: labels for value, labels in published.items() if value not in present}
    for position, choice in enumerate(choices):
        if choice.get("value") not in published:
            for value, labels in gone.items():
                if any(_same_words(choice["label"], label) for label in labels):
                    yield position, value
                    break


def locked_words(value: str) -> str:
    """Return the message for a choice whose published value was changed."""
    return _("This choice was published with the value “%(value)s”: don't change it. Its text may change.") % {
        "value": value
    }


# A version never changes, so its text is a safe key, and a page asks for all versions of a form each time.
@lru_cache(maxsize=256)
def _published(text: str) -> Published:
    form = parse_canonical(text)
    values: dict[str, Values] = {}
    of_lists: dict[str, Values] = {}
    for located in form.iter_questions():
        question = located.question
        for choice in question.choices:
            _add(values.setdefault(question.key, {}), choice)
            if question.has("list"):
                _add(of_lists.setdefault(question.from_list, {}), choice)
    keys = frozenset([*(section.key for section in form.sections), *form.by_key])
    return Published(keys, values, of_lists)


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


def _add(values: Values, choice: Choice) -> None:
    labels = values.setdefault(choice.value, [])
    if choice.label not in labels:
        labels.append(choice.label)


def _same_words(one: Texts, other: Texts) -> bool:
    """Return whether the labels agree in every language that both are written in."""
    both = [language for language in one if one[language].strip() and other.get(language, "").strip()]
    return bool(both) and all(one[language].strip() == other[language].strip() for language in both)
