"""Find who wrote what waits for approval, and whether it is still what was submitted. No author approves it."""

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from wagtail.models import Page, PageLogEntry, Revision, TaskState
from wagtail_localize.models import (
    OverridableSegment,
    SegmentOverride,
    StringSegment,
    StringTranslation,
    Translation,
)

from access.models import User

STORED = "content.stored"  # log action of a revision that seeding stored, and no person (`content.seeding.revisions`)


def fingerprint(revision: Revision) -> str:
    content = json.dumps(revision.content, sort_keys=True, cls=DjangoJSONEncoder, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def get_writers(revision: Revision) -> set[int]:
    """Return the ids of everybody who saved the page since what readers have now, up to this revision.

    Of a translation also who translated, and who wrote what the original holds unread.
    """
    page = Page.objects.filter(pk=revision.object_id).first()
    if page is None:
        return {revision.user_id} - {None}
    people = _get_savers(page, revision)
    translation = get_translation_of(page)
    if translation is not None:
        people |= _get_translators(translation, page)
        source = Page.objects.filter(translation_key=page.translation_key, locale=translation.source.locale).first()
        if source is not None and source.latest_revision is not None:
            people |= _get_savers(source, source.latest_revision)
    return people


def get_translation_of(page: Page) -> Translation | None:
    return Translation.objects.filter(source__object_id=page.translation_key, target_locale_id=page.locale_id).first()


def get_last_translator(translation: Translation) -> User | None:
    """Return whoever translated last: the author of the draft that is made of the translation."""
    last = _get_strings(translation).filter(last_translated_by__isnull=False).order_by("-updated_at").first()
    return last.last_translated_by if last is not None else None


def _get_savers(page: Page, revision: Revision) -> set[int]:
    """Return who saved the page since its live revision.

    Whoever restores what readers have begins afresh: what others wrote before is gone then. Whoever restores something
    older that nobody approved brings its author along.
    """
    # Revisions are never written over once they are fixed, so their ids tell what came later.
    since = page.live_revision_id or 0
    unread = Revision.objects.filter(
        base_content_type=revision.base_content_type, object_id=revision.object_id, pk__gt=since, pk__lte=revision.pk
    )
    put_back = _get_restored(page, unread)
    live = page.live_revision_id or (_get_stored_live(page) if page.live else None)
    afresh = max((new for new, old in put_back.items() if old == live), default=None)
    if afresh is not None:
        unread = unread.filter(pk__gte=afresh)
    people = set(unread.values_list("user_id", flat=True))
    older = {old for new, old in put_back.items() if old <= since and old != page.live_revision_id}
    # An older version that was approved once has had its second pair of eyes.
    older -= set(TaskState.objects.filter(revision__in=older, status="approved").values_list("revision_id", flat=True))
    people |= set(Revision.objects.filter(pk__in=older).values_list("user_id", flat=True))
    return people - {None}


def _get_stored_live(page: Page) -> int | None:
    """Return the revision of what readers have, where it was stored after an editor's drafts (`seeding.revisions`)."""
    entries = PageLogEntry.objects.filter(page_id=page.pk, action=STORED, revision__user=None)
    return entries.order_by("-timestamp", "-pk").values_list("revision_id", flat=True).first()


def _get_restored(page: Page, unread: Any) -> dict[int, int]:
    """Return {new revision: the one it was restored from}."""
    entries = PageLogEntry.objects.filter(page_id=page.pk, action="wagtail.revert", revision__in=unread)
    found = ((entry.revision_id, entry.data.get("revision", {}).get("id")) for entry in entries)
    return {new: old for new, old in found if isinstance(old, int)}


def _get_strings(translation: Translation) -> Any:
    contexts = StringSegment.objects.filter(source=translation.source).values("context")
    return StringTranslation.objects.filter(locale=translation.target_locale, context__in=contexts)


def _get_translators(translation: Translation, page: Page) -> set[int]:
    """Return who translated a sentence, or chose another file for it, since what readers have now."""
    contexts = OverridableSegment.objects.filter(source=translation.source).values("context")
    overrides = SegmentOverride.objects.filter(locale=translation.target_locale, context__in=contexts)
    since = page.live_revision.created_at if page.live_revision is not None else None
    people: set[int] = set()
    for rows in (_get_strings(translation), overrides):
        newer = rows.filter(updated_at__gt=since) if since is not None else rows
        people |= set(newer.values_list("last_translated_by_id", flat=True))
    return people - {None}
