"""Recognise texts that speak of the law, and fingerprint a text by its words."""

import hashlib
import re
from collections.abc import Iterable, Iterator

# An article, a law, a code, a convention, a right that somebody has.
NAMES_LAW = re.compile(
    r"\bnen(?:i|it|in|et|eve)\b|\bligj(?:i|it|in|e|et|eve|or|ore|ën|isht)?\b|\bVKM\b|\bKodi[nt]? (?:Penal|i Procedurës)"
    r"|\bKonvent|\bProtokolli|\b(?:keni|ka|kam) të drejtë\b|\bidentifikimi?[nt]? formal"
    r"|\barticles?\b|\blaws?\b|\blegal(?:ly)?\b|\bCriminal (?:Procedure )?Code\b|\bConvention\b|\bUN Protocol\b"
    r"|\bCouncil of Ministers\b|\bha(?:ve|s) the right\b|\bformal identification\b",
    re.IGNORECASE,
)
# What a lawyer has to judge besides: who decides, what one must do or receives, what may be lost.
CONCERNS_LAW = re.compile(
    r"gjyka|gjykim|prokuror|avokat|kallëzim|dënim|dënohe|burg|dëmshpërblim|dëshmi|identifikim|leje\b|lejen|dëbo|detyr[ëi]"
    r"|ndihm[ëa]n? ekonomike|pëlqim|nuk vlen|njofto|reflektim|30 ditë|tre muaj"
    r"|të drejtat?\b|të drejtave"
    r"|\brights\b|court|trial|prosecut|lawyer|criminal report|punish|prison|compensat|witness|testif|identification"
    r"|permit|expel"
    r"|duty|economic aid|consent|does not count|notif|notice|30 days|three months",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"(?<=[.!?…])[\s\"”»)]+|\n+")


def names_law(texts: Iterable[str]) -> bool:
    return any(NAMES_LAW.search(text) for text in texts)


def speaks_of_law(text: str) -> bool:
    return bool(NAMES_LAW.search(text) or CONCERNS_LAW.search(text))


def iter_legal_sentences(texts: Iterable[str]) -> Iterator[str]:
    """Yield the sentences that a lawyer has to judge, in their order, each once."""
    sentences = (part.strip() for text in texts for part in SENTENCE_END.split(text))
    yield from dict.fromkeys(part for part in sentences if part and speaks_of_law(part))


def fingerprint(texts: Iterable[str]) -> str:
    """Return a fingerprint that differs as soon as a word does; white space counts for nothing."""
    words = "\n".join(" ".join(text.split()) for text in texts)
    return hashlib.sha256(words.encode()).hexdigest()
