"""Reading an XPath expression: precedence climbing over its words.

or < and < = != < order < + - < * div mod < - (alone). Chains of or, and, + and * become one node with many parts.
"""

from .nodes import Call, Filtered, Node, Number, Operation, Path, Ref, Text, XPathError
from .tokens import Token, get_tokens

DEEPEST = 40  # parentheses, calls and conditions inside each other
BINDING = {
    "or": 1,
    "and": 2,
    "=": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "div": 6,
    "mod": 6,
}
CHAINED = frozenset({"or", "and", "+", "*"})


def parse(written: str) -> Node:
    """The expression as a tree. Raises XPathError, and nothing else."""
    reader = _Reader(get_tokens(written))
    node = reader.expression(0)
    reader.expect("end")
    return node


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.next
        self.position += token.sort != "end"
        return token

    def sees(self, *words: str) -> bool:
        return self.next.sort in ("sign", "operator") and self.next.word in words

    def expect(self, what: str) -> None:
        token = self.take()
        if token.sort != what and not (token.sort == "sign" and token.word == what):
            raise self.unexpected(token)

    @staticmethod
    def unexpected(token: Token) -> XPathError:
        if token.sort == "end":
            return XPathError("unfinished", token.at)
        return XPathError("unexpected", token.at, word=token.word[:40])

    def expression(self, binding: int) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise XPathError("expression_too_deep", self.next.at, most=DEEPEST)
        left = self.operand()
        while self.next.sort == "operator" and BINDING.get(self.next.word, 0) > binding:
            left = self.operation(left)
        if self.sees("|"):
            raise XPathError("not_in_xlsforms", self.next.at, word="|")
        self.depth -= 1
        return left

    def operation(self, left: Node) -> Node:
        """What an operator makes of what stands before it; a chain of the same operator is taken whole."""
        token = self.take()
        parts = [left, self.expression(BINDING[token.word])]
        while token.word in CHAINED and self.next.sort == "operator" and self.next.word == token.word:
            self.take()
            parts.append(self.expression(BINDING[token.word]))
        return Operation(token.word, tuple(parts), left.at)

    def operand(self) -> Node:
        if self.sees("-"):
            at = self.take().at
            inner = self.expression(max(BINDING.values()))
            if isinstance(inner, Number) and inner.value >= 0:
                return Number(-inner.value, at)
            return Operation("negative", (inner,), at)
        node = self.primary()
        while self.sees("[", "/"):
            if self.take().word == "[":
                node = Filtered(node, self.condition(), node.at)
            else:
                node = Path(self.steps(), node, at=node.at)
        return node

    def condition(self) -> Node:
        condition = self.expression(0)
        self.expect("]")
        return condition

    def primary(self) -> Node:
        token = self.next
        if token.sort == "name" and self.tokens[self.position + 1].word == "(":
            return self.call()
        if token.sort == "name" or self.sees(".", ".."):
            return Path(self.steps(), at=token.at)
        if self.sees("/"):
            self.take()
            return Path(self.steps(), is_absolute=True, at=token.at)
        self.take()
        if token.sort == "number":
            return Number(_number(token.word), token.at)
        if token.sort == "text":
            return Text(token.word, token.at)
        if token.sort == "ref":
            return Ref(token.word, token.at)
        if token == ("sign", "(", token.at):
            inner = self.expression(0)
            self.expect(")")
            return inner
        if token.word in ("//", "@", "::", "*") and token.sort == "sign":
            raise XPathError("not_in_xlsforms", token.at, word=token.word)
        raise self.unexpected(token)

    def call(self) -> Node:
        name = self.take()
        self.expect("(")
        arguments: list[Node] = []
        while not self.sees(")"):
            if arguments:
                self.expect(",")
            arguments.append(self.expression(0))
        self.expect(")")
        return Call(name.word, tuple(arguments), name.at)

    def steps(self) -> tuple[str, ...]:
        """name/../name, up to a [ or what doesn't belong to a path."""
        found = [self.step()]
        while self.sees("/"):
            self.take()
            found.append(self.step())
        return tuple(found)

    def step(self) -> str:
        token = self.take()
        if token.sort == "name" or (token.sort == "sign" and token.word in (".", "..")):
            return token.word
        if token.sort == "sign" and token.word in ("*", "@", "::", "/"):
            raise XPathError("not_in_xlsforms", token.at, word=token.word)
        raise self.unexpected(token)


def _number(word: str) -> int | float:
    value = float(word)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
