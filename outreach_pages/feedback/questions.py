"""Which questions a session's card asks: those of a version of a kit, and the program's own where no kit has any.

A question of a version has a key of its own (`k12-q3`: version 12, the quiz's third). So each answer is counted with
the words that it was given to, whatever editors publish afterwards (docs/adr/0166).
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Sum
from django.utils import timezone
from django.utils.html import strip_tags

from access.languages import get_current_language

from ..kits.labels import MaterialKind
from ..kits.models import KitPage, KitVersion, KitVersionQuerySet, MaterialPage
from ..pages.labels import Question, get_opinion_questions, get_quiz, load_texts
from ..records.models import InformativeSession
from .models import FeedbackCount, Phase

QUIZ, OPINIONS = "q", "o"  # the parts, as the keys of their questions name them
KEY = re.compile(r"k(\d{1,18})-([qo])\d{1,3}")
UNSURE = "unsure"
MAX_REMEMBERED = 500


@dataclass(frozen=True)
class VersionQuestions:
    """What a version asks. `pages`: {part: the materials that it stands in}."""

    quiz: tuple[Question, ...]
    opinions: tuple[Question, ...]
    pages: dict[str, frozenset[int]]

    def get_part(self, part: str) -> tuple[Question, ...]:
        return self.quiz if part == QUIZ else self.opinions


# {(version, its digest): its questions}. A version never changes.
_read: dict[tuple[int, str], VersionQuestions] = {}


def get_questions(session: InformativeSession, phase: Phase, sent: Iterable[str] = ()) -> list[Question]:
    """Return the quiz, the same before and after; after the session also the opinion questions.

    In the language of the request. `sent`: keys of questions that somebody answers; a form that was opened before
    editors published others is still counted as it was asked, unless its words are withdrawn.
    """
    meant: dict[str, set[int]] = {QUIZ: set(), OPINIONS: set()}
    for key in sent:
        if found := KEY.fullmatch(key):
            meant[found[2]].add(int(found[1]))
    parts = (QUIZ, OPINIONS) if phase == Phase.AFTER else (QUIZ,)
    return [question for part in parts for question in _choose(session, part, meant[part])]


def get_programs_questions(audience: str, part: str) -> list[Question]:
    """Return the questions that the program brings along, the same in all its languages."""
    return get_quiz(audience) if part == QUIZ else get_opinion_questions()


def read_version_questions(versions: Iterable[int]) -> dict[int, VersionQuestions]:
    """Return {version: its questions} of these keys; a second query for those not yet read by this process."""
    digests = dict(KitVersion.objects.filter(pk__in=set(versions)).order_by().values_list("pk", "digest"))
    found = {pk: _read[pk, digest] for pk, digest in digests.items() if (pk, digest) in _read}
    if missing := digests.keys() - found.keys():
        if len(_read) > MAX_REMEMBERED:
            _read.clear()
        # One at a time: a content is large.
        for version in KitVersion.objects.filter(pk__in=missing).order_by().iterator(chunk_size=1):
            found[version.pk] = _read[version.pk, version.digest] = _read_content(version)
    return found


def is_asked_key(key: str) -> bool:
    """Whether this is written as the key of a version's question is."""
    return KEY.fullmatch(key) is not None


# ---- which version ----


def _choose(session: InformativeSession, part: str, meant: set[int]) -> list[Question]:
    language = get_current_language()
    begun, programs_begun = _get_begun(session, part, language)
    if programs_begun and not begun:
        return get_programs_questions(session.audience, part)
    candidates = [version for key in begun for version in _get_versions().filter(pk=key)]
    candidates += _iter_candidates(session, language)
    if len(meant) == 1:
        kits = {each.kit_id for each in candidates}
        candidates = [*_get_versions().filter(pk__in=meant, kit_id__in=kits, language=language), *candidates]
    for version in candidates:
        for each in (version, _get_newest(version)):
            if questions := _read_allowed(each, part):
                return list(questions)
    return get_programs_questions(session.audience, part)


def _get_begun(session: InformativeSession, part: str, language: str) -> tuple[list[int], bool]:
    """Return the versions in this language that were answered at this session, the most answered first.

    And whether the program's questions were. What has begun goes on, so that before and after are the same questions.
    """
    rows = FeedbackCount.objects.filter(session=session).order_by()
    summed = rows.filter(kit_version__language=language, question__contains=f"-{part}").values("kit_version")
    begun = summed.annotate(all=Sum(F("shown") + F("waiting"))).order_by("-all", "-kit_version")
    keys = [each.key for each in get_programs_questions(session.audience, part)]
    is_programs = rows.filter(kit_version__isnull=True, question__in=keys).exists()
    return [row["kit_version"] for row in begun], is_programs


def _iter_candidates(session: InformativeSession, language: str) -> Iterator[KitVersion]:
    """Yield what could be asked: of the record's kit, of its translation, of the kit that the session's page shows."""
    named = _get_versions().filter(pk=session.kit_version_id).first() if session.kit_version_id else None
    if named is not None and named.language == language:
        yield named
    elif named is not None:
        key = KitPage.objects.filter(pk=named.kit_id).values("translation_key")[:1]
        twins = KitPage.objects.live().filter(translation_key__in=key, locale__language_code=language)
        for twin in twins.order_by("pk").values_list("pk", flat=True):
            version = _get_versions().filter(audience=named.audience).newest(twin)
            if version is not None:
                yield version
    pages = session.pages.live().filter(locale__language_code=language, kit_version__language=language)
    for page in pages.order_by("pk"):
        version = _get_versions().get(pk=page.kit_version_id)
        yield _get_newest(version) if page.follows else version


def _get_versions() -> KitVersionQuerySet:
    return KitVersion.objects.without_content()


def _get_newest(version: KitVersion) -> KitVersion:
    """Return the newest version of its kit for the same people: a kit may have been given to others since."""
    same = _get_versions().filter(audience=version.audience)
    return same.newest(version.kit_id) or version


def _read_allowed(version: KitVersion, part: str) -> tuple[Question, ...]:
    """Return a part of the version; nothing where editors have taken it away, or withdrawn words of that day."""
    questions = read_version_questions([version.pk])[version.pk]
    asked = questions.get_part(part)
    if not asked or not KitPage.objects.live().filter(pk=version.kit_id).exists():
        return ()
    pages = questions.pages[part]
    days = list(MaterialPage.objects.live().filter(pk__in=pages).values_list("withdrawn_through", flat=True))
    made_on = timezone.localdate(version.made_at)
    is_withdrawn = any(day is not None and made_on <= day for day in days) and version.pk != _get_newest(version).pk
    return asked if len(days) == len(pages) and not is_withdrawn else ()


# ---- what a version says ----


def _read_content(version: KitVersion) -> VersionQuestions:
    quiz: list[Question] = []
    opinions: list[Question] = []
    pages: dict[str, set[int]] = {QUIZ: set(), OPINIONS: set()}
    for part, kind, name in ((QUIZ, MaterialKind.QUIZ, "quiz"), (OPINIONS, MaterialKind.OPINION, "opinion")):
        of_part = quiz if part == QUIZ else opinions
        for material in version.content["materials"]:
            blocks = [each["value"] for each in material["body"] if each["type"] == name]
            if material["kind"] != kind or not blocks:
                continue
            pages[part].add(material["page"])
            for raw in (inner for block in blocks for inner in _iter_items(block["questions"])):
                key = f"k{version.pk}-{part}{len(of_part) + 1}"
                if question := _build_question(version, key, part, raw):
                    of_part.append(question)
    return VersionQuestions(tuple(quiz), tuple(opinions), {part: frozenset(keys) for part, keys in pages.items()})


def _build_question(version: KitVersion, key: str, part: str, raw: dict[str, Any]) -> Question | None:
    """Return a question of a version; None for one that can't be counted: without an only right answer."""

    def words(text: str) -> dict[str, str]:
        return {version.language: text}

    answers = list(enumerate(_iter_items(raw["answers"]), start=1))
    if part == OPINIONS:
        given = tuple((f"a{number}", words(answer)) for number, answer in answers)
        return Question(key, words(raw["question"]), given, version=version.pk)
    right = [f"a{number}" for number, answer in answers if answer.get("is_right")]
    if len(right) != 1:
        return None
    return Question(
        key,
        words(raw["question"]),
        (
            *((f"a{number}", words(answer["text"])) for number, answer in answers),
            (UNSURE, load_texts("words")["quiz"][UNSURE]),
        ),
        right[0],
        words(_read_plain(raw.get("explanation") or "")),
        version=version.pk,
    )


def _read_plain(rich_text: str) -> str:
    """Return the words of a rich text as one line."""
    spaced = rich_text.replace("</p>", "</p> ").replace("</li>", "</li> ").replace("<br/>", " ")
    return " ".join(html.unescape(strip_tags(spaced)).split())


def _iter_items(raw: list[Any]) -> Iterator[Any]:
    """Yield the values of a list block, however its items are stored."""
    for item in raw:
        yield item["value"] if isinstance(item, dict) and item.get("type") == "item" else item
