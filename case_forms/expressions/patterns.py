"""The patterns of `matches`: a closed subset of regular expressions, matched by RE2.

Written out in docs/expressions.md. What the subset has means the same in RE2, in JavaScript's `RegExp` and in Python's
`re`; everything else is refused (`bad_pattern`). RE2 never goes back in a text, so the time grows with the text and
never faster, whoever made the pattern. The twin of static/js/logic/patterns.js.
"""

import re
from functools import lru_cache

import re2

from .limits import LogicError

MAX_PATTERN = 1000  # characters
MAX_PARTS = 500  # characters, classes and anchors to match, after repetitions are written out
MAX_DEPTH = 20
MAX_TEXT = 1000  # characters; a longer text has no match

SIGN = r"\\[nrt^$\\.*+?()\[\]{}|/-]"  # one character that a backslash stands before
MEMBER = rf"(?:{SIGN}|[^\\\[\]-])"
TO = rf"(?:-(?:{MEMBER}|-(?=\])))"  # up to another character; a - only where the set ends
TOKEN = re.compile(
    rf"""
      (?P<times> (?: [*+?] | \{{ (?P<least>[0-9]{{1,3}}) (?: (?P<comma>,) (?P<most>[0-9]{{1,3}})? )? \}} ) \?? )
    | (?P<open> \( (?: \?: | (?!\?) ) )
    | (?P<close> \) )
    | (?P<bar> \| )
    | (?P<anchor> [\^$] )
    | (?P<set> \[ (?:\^|(?!\^)) (?!\]) (?: -{TO}? )? (?: \\[dwsDWS] | {MEMBER}{TO}? )* -? \] )
    | (?P<one> \\[dwsDWS] | {SIGN} | [^\\*+?()\[\]{{}}|] )
    """,
    re.VERBOSE,
)

# What RE2 means otherwise: its `.` is anything but a line feed, its \s has no vertical tab.
ONE = {".": r"[^\n\r\x{2028}\x{2029}]", r"\s": r"[\t-\r ]", r"\S": r"[^\t-\r ]"}
IN_SET = {r"\s": r"\t-\r ", r"\S": r"\x00-\x08\x0e-\x1f!-\x{10ffff}"}

OPTIONS = re2.Options()
# RE2 would write the pattern to stderr.
OPTIONS.log_errors = False
OPTIONS.never_capture = True  # whether there is a match is all that is asked
OPTIONS.max_mem = 1 << 20  # bytes for each pattern; twenty times what the largest takes, the rest speeds it up


class Pattern:
    """One compiled pattern. `cost` is what a look at one character counts in steps.

    Raises LogicError("bad_pattern"); its message says what can't be read and where.
    """

    def __init__(self, text: str) -> None:
        written, parts = translate(text)
        self.cost = 1 + parts // 50
        try:
            self._compiled = re2.compile(_encode(written), OPTIONS)
        except re2.error as error:  # a range or a number of times that goes down
            raise LogicError("bad_pattern", f"a pattern can't have this: {error.args[0].decode()}") from None

    def finds(self, text: str) -> bool:
        """Return whether any part of the text matches."""
        return len(text) <= MAX_TEXT and self._compiled.search(_encode(text)) is not None


def translate(pattern: str) -> tuple[str, int]:
    """Return the pattern as RE2 writes it, and how many parts it has once each repetition is written out.

    Raises LogicError("bad_pattern").
    """
    if len(pattern) > MAX_PATTERN:
        raise LogicError("bad_pattern", f"a pattern has at most {MAX_PATTERN} characters")
    written: list[str] = []
    size = _Size()
    position = 0
    while position < len(pattern):
        found = TOKEN.match(pattern, position)
        if found is None or not size.allows(str(found.lastgroup)):
            sign = pattern[position : position + 3]
            raise LogicError("bad_pattern", f"a pattern can't have “{sign}” here (character {position + 1})")
        size.add(found)
        written.append(_translated(found))
        position = found.end()
    if len(size.groups) > 1:
        raise LogicError("bad_pattern", "a pattern can't have a group that isn't closed")
    if size.groups[0] > MAX_PARTS:
        raise LogicError("bad_pattern", f"a pattern stands for at most {MAX_PARTS} characters")
    return "".join(written), size.groups[0]


def _translated(found: re.Match[str]) -> str:
    """Return one token as RE2 writes it."""
    token = found[0]
    if found["times"]:
        return re.sub(r"\b0+(?=[0-9])", "", token)  # RE2 takes {07} for four characters
    return ONE.get(token) or re.sub(r"\\.", lambda escaped: IN_SET.get(escaped[0], escaped[0]), token)


class _Size:
    """A count of a pattern's parts while its tokens are read; it says which token may come next."""

    def __init__(self) -> None:
        self.groups = [0]  # the parts in each open group, the outermost first
        self.last = 0  # the parts of what could be repeated next, 0 when nothing can

    def allows(self, kind: str) -> bool:
        if kind == "times":
            return self.last > 0
        if kind == "close":
            return len(self.groups) > 1
        return kind != "open" or len(self.groups) < MAX_DEPTH

    def add(self, found: re.Match[str]) -> None:
        match found.lastgroup:
            case "times":
                self.groups[-1] += 1 + self.last * (_most_times(found) - 1)
                self.last = 0
            case "open":
                self.groups.append(0)
                self.last = 0
            case "close":
                self.last = max(self.groups.pop(), 1)
                self.groups[-1] += self.last
            case "bar":
                self.last = 0
            case kind:
                self.groups[-1] += 1
                # An anchor can't be repeated: `RegExp` with the flag `u`, as the page uses it, refuses that.
                self.last = 0 if kind == "anchor" else 1


def _most_times(found: re.Match[str]) -> int:
    """Return how often a repetition is written out, at least once: `a*` as a, `a{2,}` as aaa, `a{2,5}` as aaaaa."""
    if found["least"] is None:
        return 2 if found[0][0] == "+" else 1
    least = int(found["least"])
    most = int(found["most"] or 0) if found["comma"] else least
    return max(most, least + bool(found["comma"] and not found["most"]), 1)


def _encode(text: str) -> bytes:
    """Encode as UTF-8, half a surrogate pair included: JSON may carry one."""
    return text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=128)
def get_pattern(text: str) -> Pattern:
    """Return the compiled pattern, cached. Raises LogicError("bad_pattern")."""
    return Pattern(text)
