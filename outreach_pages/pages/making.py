"""Make a session's page from its record, in both languages.

1. The texts for the session's audience are taken from `data/session_pages/`.
2. Of the record, only what was chosen from lists comes in: topics, kinds of partners. What somebody typed stays in the
   record. The materials to open (`materials`) are worked out when the page is read.
3. The page and its translation are published at once: nobody finds them without the card, and editors can change them.
4. Once editors have *published* a change, the page differs from its record; a draft doesn't count. The way back
   (`take_record`) needs somebody who was shown the difference.
"""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from wagtail.models import Locale

from access.languages import LANGUAGES
from access.models import User
from audit.chain import get_actor, log_event
from content.texts import body_in

from ..models import InformativeSession, OutreachIndexPage, SessionPage
from .labels import get_quiz, topics_covered, words
from .parting import Change, compute_digest, differences, is_edited

LEGAL_TOPICS = {"rights", "access_to_justice"}


class NowhereToStand(Exception):
    """No page about sessions is published under which the session's page could be created."""


class EditedByHand(Exception):
    """An editor has published a change of the page; the record must not overwrite it unseen."""


class TakenAway(Exception):
    """Editors have unpublished the page; the record must not publish it again."""


class ChangedMeanwhile(Exception):
    """Something else was published since the difference was shown."""


@dataclass(frozen=True)
class Parted:
    """A page whose readers see something else than its record says.

    `changes` is empty when only something other than text differs: which answer is right, the order of parts, a
    picture.
    """

    page: SessionPage
    changes: list[Change]


@transaction.atomic
def make_session_page(*, session: InformativeSession, by: User) -> list[SessionPage]:
    """Create and publish the session's page in each language; a second call returns the existing ones.

    Raises NowhereToStand.
    """
    session = (
        InformativeSession.objects.select_for_update(of=("self",)).select_related("municipality").get(pk=session.pk)
    )
    # Under the record's lock, so that two presses at the same time make one page.
    found = get_pages(session)
    if found:
        return found
    places = [(locale, _parent_in(locale)) for locale in _locales()]
    if not any(parent for _locale, parent in places):
        raise NowhereToStand
    key = uuid.uuid4()
    for locale, parent in places:
        if parent is not None:
            page = SessionPage(session=session, locale=locale, translation_key=key, title="-", slug=uuid.uuid4().hex)
            # Added as a draft: `_write` reads the page from the database, fills it and publishes it.
            page.live = False
            parent.add_child(instance=page)
            _write(page, by)
    log_event("session.page_made", actor=get_actor(by), target_kind="informativesession", target_id=session.pk)
    return get_pages(session)


@transaction.atomic
def renew_session_page(*, session: InformativeSession, by: User) -> list[SessionPage]:
    """Write the page again from the record, as long as no editor has published a change of it.

    Drafts stay in the page's history. Raises EditedByHand, TakenAway.
    """
    found = _readable(session)
    if any(is_edited(page) for page in found):
        raise EditedByHand
    for page in found:
        _write(page, by)
    log_event("session.page_renewed", actor=get_actor(by), target_kind="informativesession", target_id=session.pk)
    return found


@transaction.atomic
def take_record(*, session: InformativeSession, by: User, seen: str) -> list[SessionPage]:
    """Replace what editors published by the record's text.

    `seen`: `compute_mark` of the pages whose difference was shown. The editors' text stays in the page's history.
    Raises ChangedMeanwhile, TakenAway.
    """
    found = _readable(session)
    if seen != compute_mark(found):
        raise ChangedMeanwhile
    for page in found:
        _write(page, by)
    log_event("session.page_taken_back", actor=get_actor(by), target_kind="informativesession", target_id=session.pk)
    return found


def parted(session: InformativeSession) -> list[Parted]:
    """Return the pages of the session that editors changed, each with the differences."""
    found = [page for page in get_pages(session) if page.live and is_edited(page)]
    return [Parted(page, differences(page, _as_recorded(page))) for page in found]


def compute_mark(pages: list[SessionPage]) -> str:
    """Return a mark that changes with the published state of the pages, and with what the record would write."""
    return " ".join(
        f"{compute_digest(page)[:16]}-{compute_digest(_as_recorded(page))[:16]}" for page in pages if page.live
    )


def _readable(session: InformativeSession) -> list[SessionPage]:
    """Lock the session, and return its published pages. Raises TakenAway."""
    InformativeSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    found = [page for page in get_pages(session) if page.live]
    if not found:
        raise TakenAway
    return found


def get_pages(session: InformativeSession) -> list[SessionPage]:
    """Return the session's page and its translation, the default language first."""
    found = SessionPage.objects.filter(session=session).select_related("locale").order_by("pk")
    return sorted(found, key=lambda page: page.locale.language_code != settings.LANGUAGE_CODE)


def _locales() -> list[Locale]:
    return sorted(Locale.objects.all(), key=lambda each: each.language_code != settings.LANGUAGE_CODE)


def _parent_in(locale: Locale) -> OutreachIndexPage | None:
    return OutreachIndexPage.objects.live().filter(locale=locale).first()


def _write(page: SessionPage, by: User) -> None:
    """Publish the page as its record would write it, with the hash of that."""
    written = _as_recorded(page)
    written.record_digest = compute_digest(written)
    # The unit publishes its session's page without an editor's permission to publish: the texts were reviewed as data.
    written.save_revision(user=by, log_action=False).publish(user=by, skip_permission_checks=True)


def _as_recorded(page: SessionPage) -> SessionPage:
    """Return the page as its record would write it now; nothing is saved."""
    page = SessionPage.objects.select_related("session__municipality", "locale").get(pk=page.pk)
    session, language = page.session, page.locale.language_code
    audience = words("audiences")[session.audience]
    page.title = audience["title"][language]
    page.seo_title = words("words")["seo_title"][language]
    page.intro = audience["intro"][language]
    page.sources = words("words")["sources"][language] if LEGAL_TOPICS & set(session.topics) else ""
    body = body_in(blocks_for(session), language, pages={}, lines={}, namespace=page.translation_key)
    page.body = json.dumps(body)  # type: ignore[assignment]  # the field reads stored blocks from JSON
    return page


def blocks_for(session: InformativeSession) -> list[dict[str, Any]]:
    """Build the body, bilingual at its leaves, as `content.texts.body_in` takes it."""
    audience = words("audiences")[session.audience]
    blocks = [
        _covered(session, audience["voice"]),
        {"type": "signs", "value": audience["signs"]},
        _quiz(session.audience),
        *words("telling")[audience["telling"]],
        _partners(session),
    ]
    return [block for block in blocks if block]


def _covered(session: InformativeSession, voice: str) -> dict[str, Any] | None:
    """Build the block on the topics covered; None without any."""
    topics = topics_covered(session.topics, voice)
    if not topics:
        return None
    return _rich(
        words("words")["covered"],
        lambda language: "".join(
            f"<h3>{topic['title'][language]}</h3><p>{topic['text'][language]}</p>" for topic in topics
        ),
    )


def _partners(session: InformativeSession) -> dict[str, Any]:
    said = words("partners")
    lines = [words("words")["unit_was_there"], *(said[kind] for kind in said if kind in session.partners)]
    return _list(words("words")["partners"], lines)


def _list(title: dict[str, str], lines: list[dict[str, str]]) -> dict[str, Any]:
    return _rich(title, lambda language: f"<ul>{''.join(f'<li>{line[language]}</li>' for line in lines)}</ul>")


def _rich(title: dict[str, str], html_in: Any) -> dict[str, Any]:
    """Build a text block with a heading. Only from our own data: nothing that anyone typed gets between the tags."""
    value = {language: f"<h2>{title[language]}</h2>{html_in(language)}" for language in LANGUAGES}
    return {"type": "rich_text", "value": value}


def _quiz(audience: str) -> dict[str, Any]:
    """Build the quiz block."""
    said = words("words")["quiz"]
    questions = [
        {
            "question": question.texts,
            # Without "unsure", which is an answer of the counted quiz only.
            "answers": [{"text": said[key], "is_right": key == question.right} for key in ("true", "false")],
            "explanation": {language: f"<p>{text}</p>" for language, text in (question.explanations or {}).items()},
        }
        for question in get_quiz(audience)
    ]
    return {
        "type": "quiz",
        "value": {part: said[part] for part in ("title", "intro", "closing")} | {"questions": questions},
    }
