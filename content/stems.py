"""Light stemming for search: what is left of a word when its ending is taken off. Pure functions.

A stem is a beginning of the word as it was typed, at least three letters long, and is looked for as the beginning of
words; so nothing has to be stored, and an ending taken off too little finds less, never something wrong. Rules for
nouns (definite, plural, case) and for the common forms of verbs; strong verbs (vjedh, vodhi) are for the editors'
synonyms.
"""

import unicodedata

MIN_STEM = 3
TOLERATED = 2  # letters
AFTER_A_VOWEL = frozenset("tns")  # one letter that is as often part of the word
UNDOUBLED_BEFORE = ("ing", "ed", "er", "ers")
VOWELS = frozenset("aeiouy")


def _longest_first(endings: str) -> tuple[str, ...]:
    return tuple(sorted(endings.split(), key=lambda ending: (-len(ending), ending)))


# Written without dots, as people type. The longest that fits is taken off.
ALBANIAN = _longest_first("""
    a e i u t n s ve vet sh
    en et es in it un ut ej at je ja jen jes jet jat ia ise ine ite ien ies iet ive
    ave avet eve evet uve
    oj on oje ojne oni ojme ova ove oi uam uat uan uar uara uari oja ojen
    aj an ajne ani ajme uaj uajne uani uajme
    im imi imin imit ime imet imeve
    esi esia esine esise ues uesi uesit uesin uese uesve
    ur ura ure uri urit
    ohem ohet ohen ohesh ohemi ohuni ehem ehet ehen ehesh ihem ihet ihen ihesh
""")
ENGLISH = _longest_first("s es ed ing er ers ly y ies ied ier e ment ments ness")
ENDINGS = {"sq": ALBANIAN, "en": ENGLISH}


def fold(word: str) -> str:
    """Return the word in lower case without diacritics, letter for letter, as the full-text tables compare it."""
    return "".join(_bare(letter) for letter in unicodedata.normalize("NFC", word.lower()))


def _bare(letter: str) -> str:
    plain = unicodedata.normalize("NFD", letter)[0]
    return plain if len(plain) == 1 else letter


def stem(word: str, language: str) -> str:
    """Return the beginning of `word` that its other forms share; the word itself where no ending is known to go."""
    word = unicodedata.normalize("NFC", word.lower())
    if not word.isalpha() or len(word) <= MIN_STEM:
        return word
    plain = fold(word)
    # The ending is found in the folded word and cut off the typed one, so their letters must agree in number.
    if len(plain) != len(word):
        return word
    ending = _ending(plain, language)
    length = _drop_last_vowels(plain, len(plain) - len(ending))
    if language == "en" and ending in UNDOUBLED_BEFORE:
        length = _undouble(plain, length)
    return word[:length]


def is_same_word(one: str, other: str) -> bool:
    """Return whether two stems, folded, may be of one word: some words end as an ending does (“avokat”, “avokatit”)."""
    shorter, longer = sorted((one, other), key=len)
    return one == other or (
        len(shorter) > MIN_STEM and longer.startswith(shorter) and len(longer) - len(shorter) <= TOLERATED
    )


def _ending(plain: str, language: str) -> str:
    """Return the longest ending that may go: what is left has a vowel and at least three letters."""
    for ending in ENDINGS.get(language, ()):
        stem = plain[: len(plain) - len(ending)]
        if len(stem) < MIN_STEM or not plain.endswith(ending) or VOWELS.isdisjoint(stem):
            continue
        if _may_be_removed(ending, stem[-1], language):
            return ending
    return ""


def _may_be_removed(ending: str, before: str, language: str) -> bool:
    if language == "en":
        return ending != "s" or before != "s"  # “boss”
    return ending not in AFTER_A_VOWEL or before in VOWELS


def _drop_last_vowels(plain: str, length: int) -> int:
    """Return the length without vowels at the end, where enough stays: “polici” and “policë” are one word."""
    while length > MIN_STEM + 1 and plain[length - 1] in VOWELS:
        length -= 1
    return length


def _undouble(plain: str, length: int) -> int:
    """Return the length with a consonant doubled before an ending counted once.

    “begging” gives “beg”, “beating” gives “beat”.
    """
    is_doubled = length > MIN_STEM and plain[length - 1] == plain[length - 2]
    # These are doubled in the word itself: “calling”, “passed”, “buzzing”.
    return length - 1 if is_doubled and plain[length - 1] not in "lsz" else length


def build_forms(beginning: str, language: str) -> list[str]:
    """Return a stem of three letters with each ending that it may have, to be looked for as whole words.

    As a beginning it would find half the dictionary.
    """
    return [beginning, *(beginning + ending for ending in ENDINGS.get(language, ()))]
