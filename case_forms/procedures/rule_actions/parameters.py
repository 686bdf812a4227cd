"""The typed schema of an action's parameters, from which decision, checks, docs and editor work.

A parameter is declared where its property is: `Annotated[type, Parameter(...)]` on the action's class.
"""

from dataclasses import dataclass

# The kinds of parameters. The first three are expressions: worked out when the rule applies.
EXPRESSION = "expression"
CONDITION = "condition"  # an expression that says yes or no
OFFICE = "office"  # an expression that gives an office of the directory
DEADLINE = "deadline"  # a key among the procedure's deadlines
LADDER = "ladder"  # a key among the procedure's ladders
ROLE = "role"  # a recipient's role
MINUTES = "minutes"
FLAG = "flag"  # true or false
CHOICE = "choice"  # one of the parameter's own `choices`
TEXT = "text"
TEXTS = "texts"  # {language: text}
KEY = "key"  # a name that the rule gives
FORM = "form"  # the key of a published form
MARKER = "marker"  # a key among the procedure's flags

EXPRESSIONS = frozenset({EXPRESSION, CONDITION, OFFICE})
KINDS = EXPRESSIONS | {DEADLINE, LADDER, ROLE, MINUTES, FLAG, CHOICE, TEXT, TEXTS, KEY, FORM, MARKER}


@dataclass(frozen=True)
class Parameter:
    """One parameter of an action.

    `words`: what it is, in an editor and in the docs. `clause`: how a sentence about the action says it, with
    `%(value)s` where its value belongs; without one the action's own summary says it, or nothing does. `choices`:
    (value, words) of a choice.
    An expression that takes an answer as it stands needs a question of a type in `answered_by`, or one that offers such
    a list (empty: any). `is_indispensable`: without a value the action can't be carried out. `starts_clock`: of a
    deadline, that the action starts it.
    """

    kind: str
    words: str
    is_needed: bool = False
    clause: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    answered_by: tuple[str, ...] = ()
    is_indispensable: bool = False
    starts_clock: bool = False

    @property
    def is_expression(self) -> bool:
        return self.kind in EXPRESSIONS
