"""Make a session's page from its record, in both languages.

1. The page names the newest version of the kit for its audience and language, and follows it; the kit's words are read
   when the page is (`kit_words`). Without such a kit the texts are taken from `data/session_pages/`.
2. Of the record, only what was chosen from lists comes in: topics, kinds of partners. What somebody typed stays in the
   record. The materials to open (`materials`) are worked out when the page is read.
3. The page and its translation are published at once: nobody finds them without the card, and editors can change them.
4. Once editors have *published* a change, the page differs from its record; a draft doesn't count. The way back
   (`restore_from_record`) needs somebody who was shown the difference.
"""

import uuid
from dataclasses import dataclass

from django.db import transaction
from wagtail.models import Locale

from access.languages import DEFAULT_LANGUAGE
from access.models import User
from audit.chain import get_actor, log_event

from ..models import InformativeSession, OutreachIndexPage, SessionPage
from .body import build_from_record
from .differences import Change, compute_digest, get_differences, is_edited
from .kit_words import choose_kit_version
from .labels import load_texts


class NoIndexPage(Exception):
    """No page about sessions is published under which the session's page could be created."""


class PageEdited(Exception):
    """An editor has published a change of the page; the record must not overwrite it unseen."""


class PageUnpublished(Exception):
    """Editors have unpublished the page; the record must not publish it again."""


class ChangedMeanwhile(Exception):
    """Something else was published since the difference was shown."""


@dataclass(frozen=True)
class EditedPage:
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
        InformativeSession.objects.select_for_update(of=("self",))
        .select_related("municipality", "kit_version")
        .get(pk=session.pk)
    )
    # Under the record's lock, so that two presses at the same time make one page.
    found = get_pages(session)
    if found:
        return found
    places = [(locale, _get_parent_in(locale)) for locale in _get_locales()]
    if not any(parent for _locale, parent in places):
        raise NoIndexPage
    key = uuid.uuid4()
    for locale, parent in places:
        if parent is not None:
            page = SessionPage(session=session, locale=locale, translation_key=key, title="-", slug=uuid.uuid4().hex)
            page.kit_version = choose_kit_version(session.audience, locale.language_code, session.kit_version)
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
    found = _lock_published_pages(session)
    if any(is_edited(page) for page in found):
        raise PageEdited
    for page in found:
        _write(page, by)
    log_event("session.page_renewed", actor=get_actor(by), target_kind="informativesession", target_id=session.pk)
    return found


@transaction.atomic
def restore_from_record(*, session: InformativeSession, by: User, seen: str) -> list[SessionPage]:
    """Replace what editors published by the record's text.

    `seen`: `compute_state_mark` of the pages whose difference was shown. The editors' text stays in the page's history.
    Raises ChangedMeanwhile, TakenAway.
    """
    found = _lock_published_pages(session)
    if seen != compute_state_mark(found):
        raise ChangedMeanwhile
    for page in found:
        _write(page, by)
    log_event("session.page_taken_back", actor=get_actor(by), target_kind="informativesession", target_id=session.pk)
    return found


def get_edited_pages(session: InformativeSession) -> list[EditedPage]:
    """Return the pages of the session that editors changed, each with the differences."""
    found = [page for page in get_pages(session) if page.live and is_edited(page)]
    return [EditedPage(page, get_differences(page, build_from_record(page))) for page in found]


def compute_state_mark(pages: list[SessionPage]) -> str:
    """Return a mark that changes with the published state of the pages, and with what the record would write."""
    return " ".join(
        f"{compute_digest(page)[:16]}-{compute_digest(build_from_record(page))[:16]}" for page in pages if page.live
    )


def _lock_published_pages(session: InformativeSession) -> list[SessionPage]:
    """Lock the session, and return its published pages. Raises TakenAway."""
    InformativeSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    found = [page for page in get_pages(session) if page.live]
    if not found:
        raise PageUnpublished
    return found


def get_pages(session: InformativeSession) -> list[SessionPage]:
    """Return the session's page and its translation, the default language first."""
    found = SessionPage.objects.filter(session=session).select_related("locale").order_by("pk")
    return sorted(found, key=lambda page: page.locale.language_code != DEFAULT_LANGUAGE)


def _get_locales() -> list[Locale]:
    """Return the locales in which a session's page can be written, the default language's first."""
    written = Locale.objects.filter(language_code__in=[*load_texts("words")["seo_title"]])
    return sorted(written, key=lambda each: each.language_code != DEFAULT_LANGUAGE)


def _get_parent_in(locale: Locale) -> OutreachIndexPage | None:
    return OutreachIndexPage.objects.live().filter(locale=locale).first()


def _write(page: SessionPage, by: User) -> None:
    """Publish the page as its record would write it, with the hash of that."""
    written = build_from_record(page)
    written.record_digest = compute_digest(written)
    # The unit publishes its session's page without an editor's permission to publish: the texts were reviewed as data.
    written.save_revision(user=by, log_action=False).publish(user=by, skip_permission_checks=True)
