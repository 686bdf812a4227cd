"""Build a session's page from its record: the texts for its audience from `data/session_pages/`, and its body.

A page with a kit stores only what the record alone knows; the kit's words are read when the page is (`kit_words`).
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from content.texts import build_body

from ..records.models import InformativeSession
from .kit_words import PLACE, choose_kit_version, get_topics
from .labels import get_quiz, get_topic_texts, load_texts

if TYPE_CHECKING:
    from .models import SessionPage

LEGAL_TOPICS = {"rights", "access_to_justice"}


def build_from_record(page: "SessionPage") -> "SessionPage":
    """Return the page as its record would write it now; nothing is saved."""
    page = type(page).objects.select_related("session__municipality", "locale").get(pk=page.pk)
    session, language = page.session, page.locale.language_code
    audience = load_texts("audiences")[session.audience]
    page.title = audience["title"][language]
    page.seo_title = load_texts("words")["seo_title"][language]
    page.sources = load_texts("words")["sources"][language] if LEGAL_TOPICS & set(session.topics) else ""
    if page.kit_version is not None and page.kit_version.audience != session.audience:
        page.kit_version = choose_kit_version(session.audience, language)
    write_own_text(page)
    return page


def write_own_text(page: "SessionPage") -> None:
    """Write the page's own introduction and body. Beside a kit only what its record alone knows."""
    session, language = page.session, page.locale.language_code
    audience = load_texts("audiences")[session.audience]
    if page.kit_version is None:
        page.intro, blocks = audience["intro"][language], build_blocks(session)
    else:
        page.intro, blocks = "", build_blocks_beside_kit(session, get_topics(page.kit_version.content))
    body = build_body(blocks, language, pages={}, lines={}, namespace=page.translation_key)
    page.body = json.dumps(body)  # type: ignore[assignment]  # the field reads stored blocks from JSON


def build_blocks(session: InformativeSession) -> list[dict[str, Any]]:
    """Build the body, bilingual at its leaves, as `content.texts.build_body` takes it."""
    audience = load_texts("audiences")[session.audience]
    blocks = [
        _build_topics(session.topics, audience["voice"], "covered"),
        {"type": "signs", "value": audience["signs"]},
        _build_quiz(session.audience),
        *load_texts("telling")[audience["telling"]],
        _build_partners(session),
    ]
    return [block for block in blocks if block]


def build_blocks_beside_kit(session: InformativeSession, topics: set[str]) -> list[dict[str, Any]]:
    """Build the place of the kit's words, then what they don't say: topics beyond the kit's, and who was there."""
    voice = load_texts("audiences")[session.audience]["voice"]
    also = _build_topics([topic for topic in session.topics if topic not in topics], voice, "also_covered")
    blocks = [{"type": PLACE, "value": None}, also, _build_partners(session)]
    return [block for block in blocks if block]


def _build_topics(covered: Iterable[str], voice: str, title: str) -> dict[str, Any] | None:
    """Build the block on the topics covered; None without any."""
    topics = get_topic_texts(covered, voice)
    if not topics:
        return None
    return _build_rich_text(
        load_texts("words")[title],
        lambda language: "".join(
            f"<h3>{topic['title'][language]}</h3><p>{topic['text'][language]}</p>" for topic in topics
        ),
    )


def _build_partners(session: InformativeSession) -> dict[str, Any]:
    texts = load_texts("partners")
    lines = [load_texts("words")["unit_was_there"], *(texts[kind] for kind in texts if kind in session.partners)]
    return _build_list(load_texts("words")["partners"], lines)


def _build_list(title: dict[str, str], lines: list[dict[str, str]]) -> dict[str, Any]:
    return _build_rich_text(
        title, lambda language: f"<ul>{''.join(f'<li>{line[language]}</li>' for line in lines)}</ul>"
    )


def _build_rich_text(title: dict[str, str], html_in: Any) -> dict[str, Any]:
    """Build a text block with a heading. Only from our own data: nothing that anyone typed gets between the tags."""
    value = {language: f"<h2>{title[language]}</h2>{html_in(language)}" for language in title}
    return {"type": "rich_text", "value": value}


def _build_quiz(audience: str) -> dict[str, Any]:
    """Build the quiz block."""
    texts = load_texts("words")["quiz"]
    questions = [
        {
            "question": question.texts,
            # Without "unsure", which is an answer of the counted quiz only.
            "answers": [{"text": texts[key], "is_right": key == question.right} for key in ("true", "false")],
            "explanation": {language: f"<p>{text}</p>" for language, text in (question.explanations or {}).items()},
        }
        for question in get_quiz(audience)
    ]
    return {
        "type": "quiz",
        "value": {part: texts[part] for part in ("title", "intro", "closing")} | {"questions": questions},
    }
