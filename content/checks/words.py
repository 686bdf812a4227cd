"""Words to avoid, by language: shipped with the program (data/words.json), changed by editors in the settings.

One word or phrase on each line. `*` at the end stands for any ending, which Albanian needs; after `=` comes the advice:

    viktim* = ju, dikush, personi
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

SHIPPED = Path(__file__).parent / "data" / "words.json"


@dataclass(frozen=True)
class AvoidedWord:
    pattern: re.Pattern[str]
    advice: str


def shipped(kind: str, language: str) -> str:
    """Return the lines that an installation begins with. `kind`: "avoid" or "loud"."""
    return "\n".join(json.loads(SHIPPED.read_text(encoding="utf-8"))[kind][language])


@lru_cache(maxsize=16)
def parse_word_list(lines: str) -> tuple[AvoidedWord, ...]:
    """Parse the lines. Raises ValueError, with the line, when one has no word."""
    found = []
    for line in lines.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        written, _sign, advice = line.partition("=")
        phrase = written.strip()
        if not any(each.isalpha() for each in phrase):
            raise ValueError(line.strip())
        # `re.escape` writes a space as "\ "; in a text any white space may stand between two words.
        body = re.escape(phrase.rstrip("*")).replace(r"\ ", r"\s+")
        ending = r"\w*" if phrase.endswith("*") else ""
        found.append(AvoidedWord(re.compile(rf"\b{body}{ending}\b", re.IGNORECASE), advice.strip()))
    return tuple(found)
