"""The parser of XPath as XLSForms write it: a grammar for lark, and our own codes for what is wrong.

The grammar is that of XPath 1.0 without axes, attributes, wildcards and unions, and with XLSForm's ${name}. lark's
contextual lexer gives "div", "and" and "*" the meaning that they have where they stand (XPath 1.0, section 3.7).
"""

import re
from collections.abc import Iterator
from typing import Any, NoReturn

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args

from .nodes import Call, Filtered, Node, Number, Operation, Path, Ref, Text, XPathError, get_children

MAX_LENGTH = 10_000  # characters; ours have at most 2,000 parts
MAX_TOKENS = 4_000
MAX_NESTING = 40  # parentheses, calls and conditions inside each other
MAX_DEPTH = 100  # of the tree: converting takes up to seven frames of Python's stack for each level
SMART_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})
NAME = r"[^\W\d][\w.\-]*"  # an NCName, in any alphabet
SIGN = re.compile(r"\.\.|::|//|!=|<=|>=|[=<>+\-*/|(),.\[\]@]")
NOT_IN_XLSFORMS = frozenset({"//", "@", "::", "*", "/"})  # where a value or a step is expected
NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")

# A chain of the same operator (or, and, + or *) is one operation with many parts, so "(a + b) + c" is not "a + b + c".
GRAMMAR = rf"""
?expression: conjunction | conjunction (OR conjunction)+ -> chain
?conjunction: equality | equality (AND equality)+ -> chain
?equality: order | equality EQUAL order -> binary
?order: sum | order ORDER sum -> binary
?sum: product | chained_sum | subtraction
?addend: product | subtraction
chained_sum: addend (PLUS product)+ -> chain
subtraction: sum MINUS product -> binary
?product: unary | chained_product | division
?factor: unary | division
chained_product: factor (TIMES unary)+ -> chain
division: product DIVIDE unary -> binary
?unary: path | MINUS unary -> negative
?path: steps -> relative_path
     | SLASH steps -> absolute_path
     | base
     | base SLASH steps -> path_below
?base: primary | path "[" expression "]" -> filtered
?primary: NUMBER -> number
        | TEXT -> text
        | REFERENCE -> reference
        | "(" expression ")"
        | NAME "(" [expression ("," expression)*] ")" -> call
steps: step (SLASH step)*
!?step: NAME | "." | ".."

OR: /or(?![\w.\-:])/
AND: /and(?![\w.\-:])/
DIVIDE: /(?:div|mod)(?![\w.\-:])/
EQUAL: "=" | "!="
ORDER: "<=" | ">=" | "<" | ">"
PLUS: "+"
MINUS: "-"
TIMES: "*"
SLASH: "/"
NUMBER: /[0-9]+(?:\.[0-9]*)?|\.[0-9]+/
TEXT: /"[^"]*"|'[^']*'/
REFERENCE: /\$\{{[^}}]*\}}/
NAME: /{NAME}(?::{NAME})?/
%ignore /\s+/
"""


def parse(written: str) -> Node:
    """Parse the expression into a tree. Raises XPathError, and nothing else."""
    if len(written) > MAX_LENGTH:
        raise XPathError("expression_too_long", most=MAX_LENGTH)
    # Word processors and spreadsheets replace straight quotation marks. One character for one: places stay right.
    written = written.translate(SMART_QUOTES)
    try:
        node: Node = PARSER.parse(written)  # type: ignore[assignment]  # the transformer builds nodes, not lark's trees
    except UnexpectedInput as error:
        _refuse(written, error)
    _check_depth(node)
    return node


def read_number(text: str) -> int | float | None:
    """Return the number that a text is to XPath, None when it is none."""
    stripped = text.strip()
    return _number(stripped) if NUMBER.fullmatch(stripped) else None


def _number(digits: str) -> int | float:
    value = float(digits)
    # Below 1e15 every whole number is exact as a float.
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _check_depth(root: Node) -> None:
    """Refuse a tree whose conversion would exhaust Python's stack, such as "1 - 1 - 1 - ..." a thousand times."""
    # Level by level, without recursion: a recursive check would fail on what it is to refuse.
    level: list[Node] = [root]
    for _depth in range(MAX_DEPTH):
        level = [child for node in level for child in get_children(node)]
        if not level:
            return
    raise XPathError("expression_too_deep", level[0].at, most=MAX_DEPTH)


class _TokenChecks:
    """Checks between lark's lexer and parser: refuse what is too large, or no reference.

    They run while lark reads, so that the first thing wrong in the text is the one that is reported.
    """

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        nesting = 0
        for count, token in enumerate(stream, start=1):
            if token in ("(", "["):
                nesting += 1
            elif token in (")", "]"):
                nesting -= 1
            if nesting >= MAX_NESTING:
                raise XPathError("expression_too_deep", token.start_pos or 0, most=MAX_NESTING)
            if count > MAX_TOKENS:
                raise XPathError("expression_too_long", most=MAX_LENGTH)
            if token.type == "REFERENCE":
                _get_referenced(token)
            yield token


@v_args(inline=True)
class _NodeBuilder(Transformer[Token, Node]):
    """The builder of nodes, with one method for each rule of the grammar.

    `at` is where the first character of the node stands.
    """

    def number(self, token: Token) -> Node:
        return Number(_number(token), _at(token))

    def text(self, token: Token) -> Node:
        return Text(str(token[1:-1]), _at(token))

    def reference(self, token: Token) -> Node:
        return Ref(_get_referenced(token), _at(token))

    def call(self, name: Token, *arguments: Node) -> Node:
        return Call(str(name), arguments, _at(name))

    def chain(self, first: Node, sign: Token, *rest: Any) -> Node:
        return Operation(str(sign), (first, *rest[::2]), first.at)

    def binary(self, left: Node, sign: Token, right: Node) -> Node:
        return Operation(str(sign), (left, right), left.at)

    def negative(self, sign: Token, inner: Node) -> Node:
        # "-5" is one number, so that it compares equal to a constant of JSON-Logic; "--5" stays an operation.
        if isinstance(inner, Number) and inner.value >= 0:
            return Number(-inner.value, _at(sign))
        return Operation("negative", (inner,), _at(sign))

    def steps(self, *tokens: Token) -> tuple[Token, ...]:
        return tokens[::2]

    def relative_path(self, steps: tuple[Token, ...]) -> Node:
        return Path(_names(steps), at=_at(steps[0]))

    def absolute_path(self, slash: Token, steps: tuple[Token, ...]) -> Node:
        return Path(_names(steps), is_absolute=True, at=_at(slash))

    def path_below(self, base: Node, _slash: Token, steps: tuple[Token, ...]) -> Node:
        return Path(_names(steps), base, at=base.at)

    def filtered(self, base: Node, condition: Node) -> Node:
        return Filtered(base, condition, base.at)


def _get_referenced(token: Token) -> str:
    """Return the name in ${name}. Raises XPathError: bad_reference."""
    name = str(token[2:-1]).strip()
    if not re.fullmatch(NAME, name):
        raise XPathError("bad_reference", _at(token))
    return name


def _at(token: Token) -> int:
    return token.start_pos or 0


def _names(steps: tuple[Token, ...]) -> tuple[str, ...]:
    return tuple(map(str, steps))


def _refuse(written: str, error: UnexpectedInput) -> NoReturn:
    """Raise what lark stumbled over as XPathError, with our own code and its place."""
    at, wanted = error.pos_in_stream or 0, _wanted(error)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        raise XPathError("unfinished", len(written))
    sign = SIGN.match(written, at)
    if sign is None and isinstance(error, UnexpectedCharacters):
        if written[at] in "'\"":
            raise XPathError("open_quote", at)
        raise XPathError("unread_sign", at, sign=written[at])
    word = sign.group() if sign else _word(error)
    if word == "/" and written[at - 1 : at] == "/":  # the lexer has taken the first half of "//" for a step's end
        at, word = at - 1, "//"
    if word == "|" or ("NAME" in wanted and word in NOT_IN_XLSFORMS):
        raise XPathError("not_in_xlsforms", at, word=word)
    raise XPathError("unexpected", at, word=word[:40])


def _wanted(error: UnexpectedInput) -> set[str]:
    """Return the terminals that lark expected: NAME among them where a value or a step was expected."""
    if isinstance(error, UnexpectedToken):
        return set(error.expected)
    return set(error.allowed or ()) if isinstance(error, UnexpectedCharacters) else set()


def _word(error: UnexpectedInput) -> str:
    """Return a token without its quotes or ${}."""
    if not isinstance(error, UnexpectedToken):
        return ""
    if error.token.type == "REFERENCE":
        return _get_referenced(error.token)
    return str(error.token[1:-1] if error.token.type == "TEXT" else error.token)


PARSER = Lark(
    GRAMMAR,
    parser="lalr",
    start="expression",
    transformer=_NodeBuilder(),
    postlex=_TokenChecks(),
    maybe_placeholders=False,
)
