"""A form definition as typed nodes, parsed once from the stored JSON (docs/adr/0085).

form = parse_form(definition)        # or `FormVersion.parsed_form`, cached in the process
for located in form.iter_items():    # depth first: a repeat, then the items inside it
    located.path, located.section, located.repeats, located.item
"""

from .content import WrittenExpression, iter_expressions, iter_texts, names_read
from .form import AnswerPlace, Form, LocatedItem
from .nodes import (
    AnyItem,
    AskedItem,
    Choice,
    ChoiceList,
    Constraint,
    MatrixRow,
    Node,
    Note,
    Question,
    Repeat,
    Section,
    SendWarning,
    Texts,
    Unreadable,
    text_names,
)
from .parse import parse_canonical, parse_form, parse_question
from .problems import Problem, pointer
from .shape import shape_problems

__all__ = [
    "AnswerPlace",
    "AnyItem",
    "AskedItem",
    "Choice",
    "ChoiceList",
    "Constraint",
    "Form",
    "LocatedItem",
    "MatrixRow",
    "Node",
    "Note",
    "Problem",
    "Question",
    "Repeat",
    "Section",
    "SendWarning",
    "Texts",
    "Unreadable",
    "WrittenExpression",
    "iter_expressions",
    "iter_texts",
    "names_read",
    "parse_canonical",
    "parse_form",
    "parse_question",
    "pointer",
    "shape_problems",
    "text_names",
]
