"""The reader that every sentence needs: the names of variables, constants as people write them, brackets."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..operators import LOOPS, get_arguments
from ..values import number_text

MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}:[0-9]{2})(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
TIME = re.compile(r"[0-9]{2}:[0-9]{2}")
SEVERAL = frozenset({"and", "or", "if", "?:"}) | LOOPS
SAME_WORDS = {"===": "==", "!==": "!=", "?:": "if"}
DAYS = frozenset({"_today", "_occurred_on", "_now"})


def opened(expression: Any) -> tuple[str, list[Any]]:
    """Return the operator and its arguments; ("", []) of what is no operation."""
    if not isinstance(expression, dict):
        return "", []
    operator, given = next(iter(expression.items()))
    return str(operator), get_arguments(str(operator), given)


class Reader:
    """A reader from the outside in. `entry` is the list whose entries are being read of, "" outside of loops.

    `phrases` read the operators whose words depend on their arguments; any other has one word that takes them all.
    """

    def __init__(
        self,
        labels: Mapping[str, str],
        values: Mapping[str, Mapping[str, str]],
        days: Collection[str],
        words: Mapping[str, str],
        phrases: "Mapping[str, Phrase]",
    ) -> None:
        self.labels = labels
        self.values = values
        self.days = DAYS.union(days)
        self.words = words
        self.phrases = phrases
        self.entry = ""

    def say(self, word: str, *parts: str) -> str:
        return self.words[word].format(*parts)

    def condition(self, expression: Any) -> str:
        """Read the expression where its truth is what matters."""
        if isinstance(expression, bool):
            return self.words["always" if expression else "never"]
        operator, arguments = opened(expression)
        if operator == "!!":
            return self.condition(arguments[0])
        if operator == "var":
            return self.say("is_true", self.variable(arguments[0] if arguments else ""))
        return self.value(expression)

    def enclosed(self, expression: Any) -> str:
        """Read a condition within a sentence, in brackets when it has several parts."""
        said = self.condition(expression)
        return f"({said})" if opened(expression)[0] in SEVERAL else said

    def value(self, expression: Any, of: str = "") -> str:
        """Read the expression where its value matters.

        `of` is the variable whose values a constant should be named by.
        """
        if isinstance(expression, list):
            return ", ".join(self.value(part, of) for part in expression) or self.words["nothing"]
        if not isinstance(expression, dict):
            return self.constant(expression, of)
        operator, arguments = opened(expression)
        operator = SAME_WORDS.get(operator, operator)
        if operator in self.phrases:
            return self.phrases[operator](self, operator, arguments)
        return self.say(operator, *(self.value(argument) for argument in arguments))

    def constant(self, value: Any, of: str) -> str:
        if isinstance(value, bool):
            return self.words["yes" if value else "no"]
        if isinstance(value, int | float):
            return self.number(value)
        if not isinstance(value, str) or not value:
            return self.words["nothing"]
        if value in self.values.get(of, {}):
            return self.say("quote", self.values[of][value])
        # Times and days aren't quoted: they are read as such, not as texts.
        return value if TIME.fullmatch(value) else self.day(value) or self.say("quote", value)

    def number(self, value: int | float) -> str:
        return number_text(value).replace(".", self.words["point"])

    def day(self, value: str) -> str:
        """Write a date or moment as people do, "" for any other text."""
        found = MOMENT.fullmatch(value)
        if not found or not 1 <= int(found[2]) <= 12:
            return ""
        written = self.say("date", str(int(found[3])), self.words["months"].split()[int(found[2]) - 1], found[1])
        return self.say("moment", written, found[4]) if found[4] else written

    def variable(self, name: Any) -> str:
        if isinstance(name, dict | list):
            return self.value(name)
        key = get_key(name)
        first, _dot, rest = key.partition(".")
        if not key:
            return self.words["entry"]
        if key in self.labels or first in self.labels:
            # The most exact label there is: of the whole path, of what follows its first part, of its first part.
            label = self.labels.get(key) or self.labels.get(rest) or self.labels[first]
            return self.say("quote", label)
        if first == "choice" and rest:
            return self.words["choice"] if rest == "value" else self.say("choice_part", rest)
        if first in ("current", "accumulator"):
            return self.variable(rest) if rest else self.words[first]
        return self.words.get(first, key) if key.startswith("_") else self.say("quote", key)

    def variable_in(self, expression: Any) -> str:
        """Return the key of an expression that is just a variable, else ""; of an entry, the list's."""
        operator, arguments = opened(expression)
        if operator != "var" or not arguments or not isinstance(arguments[0], str):
            return ""
        return arguments[0].rpartition(".")[2] or self.entry

    def is_day(self, expression: Any) -> bool:
        """Return whether this is known to be a date, a moment or a time of day."""
        if isinstance(expression, str):
            return bool(MOMENT.fullmatch(expression) or TIME.fullmatch(expression))
        operator, arguments = opened(expression)
        if operator == "var":
            return bool(arguments) and isinstance(arguments[0], str) and arguments[0] in self.days
        return operator in ("today", "add_days")


def get_key(name: Any) -> str:
    """Return the name of a variable as a text; numbers and truths as JSON writes them."""
    if isinstance(name, bool):
        return "true" if name else "false"
    if isinstance(name, int | float):
        return number_text(name)
    return name or ""


Phrase = Callable[[Reader, str, list[Any]], str]
