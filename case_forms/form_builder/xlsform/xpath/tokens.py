"""The words of an XPath expression, each with its place."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .nodes import XPathError

LONGEST = 10_000  # characters; ours have at most 2,000 parts
MAX_TOKENS = 4_000
NAME = r"[^\W\d][\w.\-]*"  # an NCName, in any alphabet
PATTERN = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)
  | (?P<text>"[^"]*"|'[^']*')
  | (?P<ref>\$\{{[^}}]*\}})
  | (?P<name>{NAME}(?::{NAME})?)
  | (?P<sign>\.\.|::|//|!=|<=|>=|[=<>+\-*/|(),.\[\]@])
    """,
    re.VERBOSE,
)
WORD_OPERATORS = frozenset({"and", "or", "div", "mod"})
BEFORE_OPERAND = frozenset({"(", "[", ",", "@", "::", "/", "//"})  # after these no operator can stand
SMART_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})


class Token(NamedTuple):
    """`sort`: number, text, ref, name, operator, sign or end. `word`: as written, without quotes or ${}."""

    sort: str
    word: str
    at: int


def get_tokens(written: str) -> list[Token]:
    """Raises XPathError: too_long, unread_sign, open_quote, bad_reference."""
    if len(written) > LONGEST:
        raise XPathError("expression_too_long", most=LONGEST)
    found = list(_tokens(written.translate(SMART_QUOTES)))
    if len(found) > MAX_TOKENS:
        raise XPathError("expression_too_long", most=LONGEST)
    return [*found, Token("end", "", len(written))]


def _tokens(written: str) -> Iterator[Token]:
    at, before = 0, None
    while at < len(written):
        match = PATTERN.match(written, at)
        if match is None:
            raise XPathError(*_unread(written[at]), at=at, sign=written[at])
        sort, word = str(match.lastgroup), match.group()
        if sort != "space":
            token = Token(*_named(sort, word, before), at)
            if token.sort == "ref" and not re.fullmatch(NAME, token.word):
                raise XPathError("bad_reference", at)
            yield token
            before = token
        at = match.end()


def _unread(sign: str) -> tuple[str]:
    return ("open_quote",) if sign in "'\"" else ("unread_sign",)


def _named(sort: str, word: str, before: Token | None) -> tuple[str, str]:
    """Names and * are operators after an operand (XPath 1.0, 3.7)."""
    after_operand = before is not None and before.sort != "operator" and before.word not in BEFORE_OPERAND
    if sort == "text":
        return sort, word[1:-1]
    if sort == "ref":
        return sort, word[2:-1].strip()
    if sort == "name" and word in WORD_OPERATORS and after_operand:
        return "operator", word
    if sort == "sign" and (word in ("=", "!=", "<", "<=", ">", ">=", "+", "-", "|") or (word == "*" and after_operand)):
        return "operator", word
    return sort, word
