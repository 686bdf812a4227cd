"""The words that a session's page takes from its kit: by reference, so that an update of the kit costs a page nothing.

1. A page that follows shows the kit's newest version; one that keeps shows the version that it names.
2. What editors have taken away (a kit or material unpublished or deleted) is on neither.
3. Words that editors withdrew (`withdrawn_through`) are on neither: a page that keeps shows today's instead.

Nothing of it is stored with the page: `docs/adr/0160`.
"""

import copy
import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..kits.labels import MaterialKind
from ..kits.models import KitPage, KitVersion, MaterialPage
from ..kits.versions import compute_digest

if TYPE_CHECKING:
    from .models import SessionPage

# Materials that readers of the page get, with what the note on changes calls them. Their titles are for colleagues.
SHOWN_KINDS: dict[str, Promise] = {
    MaterialKind.QUIZ: _("the quiz"),
    MaterialKind.FILM: _("the film"),
    MaterialKind.HANDOUT: _("the paper to take home"),
}
WORDS = 0  # the key of the kit's own words among its parts; a material's is its page's number
PLACE = "kit_words"  # the block at whose place they stand
MAX_REMEMBERED = 2000

# {version's digest: {part: digest}}. A version never changes, and equal digests are equal words.
_part_digests: dict[str, dict[int, str]] = {}


@dataclass(frozen=True)
class Part:
    """Words of a kit, as a version keeps them. key: WORDS, or the material's page. body: raw stream blocks.

    intro: of the kit itself; what a material says first is for those who hold the session.
    """

    key: int
    label: Promise
    body: list[dict[str, Any]]
    sources: str
    intro: str = ""


@dataclass(frozen=True)
class ChangedPart:
    """A part of the page that isn't what it was. on: the day of the version that changed it last, None if unknown."""

    label: Promise
    what: str  # "new", "changed", "gone"
    on: datetime.date | None = None


@dataclass(frozen=True)
class KitWords:
    """What a page shows of its kit now. changes: what differs from the words when the session was held."""

    parts: list[Part] = field(default_factory=list)
    changes: list[ChangedPart] = field(default_factory=list)

    @property
    def body(self) -> list[dict[str, Any]]:
        return [block for part in self.parts for block in part.body]

    @property
    def intro(self) -> str:
        return next((part.intro for part in self.parts if part.key == WORDS), "")

    @property
    def sources(self) -> list[str]:
        """The sources of each part, each text once."""
        return list(dict.fromkeys(part.sources for part in self.parts if part.sources))


def choose_kit_version(audience: str, language: str, held_with: KitVersion | None = None) -> KitVersion | None:
    """Return the newest version of the kit for these people, of several kits of the youngest; None without one.

    The kit that the session was `held_with`, as its record says, goes before the others. A kit that has no words for
    the page yet isn't chosen: the page would lack what the program's texts say.
    """
    kits = KitPage.objects.live().filter(audience=audience, locale__language_code=language)
    named = held_with.kit_id if held_with is not None else None
    for kit in sorted(kits.order_by("-first_published_at", "-pk"), key=lambda kit: kit.pk != named):
        version = KitVersion.objects.newest(kit.pk)
        if version is not None and version.audience == audience and version.content["body"]:
            return version
    return None


def get_as_shown(page: "SessionPage") -> tuple["SessionPage", KitWords | None]:
    """Return the page as its readers get it, with its kit's words, and those words. Never to be saved.

    They stand where the page has its block for them, else after the page's own text.
    """
    words = read_kit_words(page)
    if words is None:
        return page, None
    shown = copy.copy(page)
    own = page.body.get_prep_value()
    place = next((number for number, block in enumerate(own) if block["type"] == PLACE), len(own))
    blocks = [*own[:place], *words.body, *own[place + 1 :]]
    shown.body = page.body.stream_block.to_python(list(_drop_repeated_lines(blocks)))
    shown.intro = page.intro or words.intro
    shown.sources = "".join(dict.fromkeys(text for text in (page.sources, *words.sources) if text))
    return shown, words


def _drop_repeated_lines(blocks: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Leave out a hotline that stands further up: the kit's words and a paper may both name it."""
    seen = set()
    for block in blocks:
        if block["type"] == "hotline":
            line = block["value"].get("line")
            if line in seen:
                continue
            seen.add(line)
        yield block


def read_kit_words(page: "SessionPage") -> KitWords | None:
    """Read what the page shows of its kit now; None for a page without one."""
    if page.kit_version_id is None:
        return None
    kit = KitVersion.objects.filter(pk=page.kit_version_id).values("kit_id")
    versions = list(KitVersion.objects.filter(kit_id__in=kit).defer("content").order_by("number"))
    own = next(each for each in versions if each.pk == page.kit_version_id)
    # A version of another language was copied along with a translation: its words would stand among others.
    if own.language != page.locale.language_code:
        return KitWords()
    # A kit that was given to other people goes on without the pages of those whom it was for.
    versions = [each for each in versions if each.audience == own.audience]
    return _read_newest(page, versions) if page.follows else _read_kept(page, versions)


def _read_newest(page: "SessionPage", versions: list[KitVersion]) -> KitWords:
    content = _get_content(versions[-1])
    allowed = _get_withdrawals(versions[-1].kit_id, content)
    parts = [part for part in iter_parts(content) if part.key in allowed]
    return KitWords(parts, _list_changes(page, versions, parts))


def _read_kept(page: "SessionPage", versions: list[KitVersion]) -> KitWords:
    kept = next(each for each in versions if each.pk == page.kit_version_id)
    content = _get_content(kept)
    allowed = _get_withdrawals(kept.kit_id, content)
    day = timezone.localdate(kept.made_at)
    withdrawn = {key for key, through in allowed.items() if through is not None and day <= through}
    replacements: dict[int, Part] = {}
    if withdrawn and kept.pk != versions[-1].pk:
        replacements = {part.key: part for part in iter_parts(_get_content(versions[-1]))}
    parts, changes = [], []
    for part in iter_parts(content):
        now = None
        if part.key in allowed:
            now = part if part.key not in withdrawn or kept.pk == versions[-1].pk else replacements.get(part.key)
        if now is not None:
            parts.append(now)
        if now != part:
            changes.append(ChangedPart(part.label, "changed" if now is not None else "gone"))
    return KitWords(parts, changes)


def _get_content(version: KitVersion) -> dict[str, Any]:
    content: dict[str, Any] = KitVersion.objects.values_list("content", flat=True).get(pk=version.pk)
    return content


def iter_parts(content: dict[str, Any]) -> Iterator[Part]:
    """Yield what readers get of a version's content: its own words, then its materials of `SHOWN_KINDS`."""
    if content["body"]:
        yield Part(WORDS, _("the text"), content["body"], content["sources"], content["intro"])
    for each in content["materials"]:
        if each["kind"] in SHOWN_KINDS:
            yield Part(each["page"], SHOWN_KINDS[each["kind"]], each["body"], each["sources"])


def get_topics(content: dict[str, Any]) -> set[str]:
    """Return the keys of the topics that a version's materials are about."""
    return {topic for each in content["materials"] for topic in each["topics"]}


def _get_withdrawals(kit_id: int, content: dict[str, Any]) -> dict[int, datetime.date | None]:
    """Return {part: day through which its words are withdrawn} of the parts that are published now."""
    kit = KitPage.objects.live().filter(pk=kit_id).values_list("withdrawn_through", flat=True)[:1]
    # Without its kit nothing is left to show: unpublishing a kit takes away all that it brought.
    if not kit:
        return {}
    found = {WORDS: kit[0]}
    keys = [part.key for part in iter_parts(content) if part.key != WORDS]
    if keys:
        found |= dict(MaterialPage.objects.live().filter(pk__in=keys).values_list("pk", "withdrawn_through"))
    return found


def _list_changes(page: "SessionPage", versions: list[KitVersion], parts: list[Part]) -> list[ChangedPart]:
    """List what differs from the words on the day of the session. Nothing before that day is over."""
    held = page.session.date
    if timezone.localdate() <= held:
        return []
    before = [each for each in versions if timezone.localdate(each.made_at) <= held]
    # A kit first published after the session: since the page has it.
    base = before[-1] if before else next(each for each in versions if each.pk == page.kit_version_id)
    since = [each for each in versions if each.number >= base.number]
    digests = _get_part_digests(since)
    then = digests[base.digest]
    now = {part.key: _digest_part(part) for part in parts}
    days: dict[int, datetime.date] = {}
    for earlier, later in pairwise(since):
        old, new = digests[earlier.digest], digests[later.digest]
        days |= {
            key: timezone.localdate(later.made_at) for key in old.keys() | new.keys() if old.get(key) != new.get(key)
        }
    changes = [
        ChangedPart(part.label, "changed" if part.key in then else "new", days.get(part.key))
        for part in parts
        if then.get(part.key) != now[part.key]
    ]
    gone = [ChangedPart(label, "gone", days.get(key)) for key, label in _label_gone(base, then.keys() - now.keys())]
    return _merge(changes + gone)


def _label_gone(base: KitVersion, keys: Iterable[int]) -> list[tuple[int, Promise]]:
    missing = set(keys)
    # Read only where something is gone, which is rare.
    return [(part.key, part.label) for part in iter_parts(_get_content(base)) if part.key in missing] if missing else []


def _merge(changes: list[ChangedPart]) -> list[ChangedPart]:
    """Say once what happened to several parts of one kind, with the last day."""
    found: dict[tuple[str, str], ChangedPart] = {}
    for change in changes:
        key = str(change.label), change.what
        known = found.get(key)
        if known is None or (change.on is not None and (known.on is None or known.on < change.on)):
            found[key] = change
    return list(found.values())


def _get_part_digests(versions: list[KitVersion]) -> dict[str, dict[int, str]]:
    """Return {version's digest: {part: digest}}; one query for those not yet read by this process."""
    found = {each.digest: _part_digests[each.digest] for each in versions if each.digest in _part_digests}
    missing = [each.pk for each in versions if each.digest not in found]
    if missing:
        read = KitVersion.objects.filter(pk__in=missing).values_list("digest", "content")
        # One at a time: a content is large.
        for digest, content in read.iterator(chunk_size=1):
            found[digest] = {part.key: _digest_part(part) for part in iter_parts(content)}
        if len(_part_digests) > MAX_REMEMBERED:
            _part_digests.clear()
        _part_digests.update(found)
    return found


def _digest_part(part: Part) -> str:
    return compute_digest([part.intro, part.body, part.sources])
