"""What a version of a kit holds, read without the pages that it was made of."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from wagtail.blocks import StreamValue

from content.blocks import BodyBlock

from ..records.labels import Topic
from .blocks import MaterialBlock
from .labels import MaterialKind
from .models import KitPage, KitVersion

# Parts of public pages that do nothing elsewhere: what a phone keeps, and where the reader writes to a unit.
FOR_READERS_ONLY = {"phone_controls", "region_chooser"}


@dataclass(frozen=True)
class Material:
    """One material as its version keeps it. `number`: its place in the kit, from 1. `page`: the page that it was."""

    number: int
    page: int
    kind: str
    title: str
    intro: str
    sources: str
    topics: tuple[str, ...]
    digest: str
    raw_body: tuple[dict[str, Any], ...]

    @property
    def kind_label(self) -> str:
        labels = dict(MaterialKind.choices)
        return str(labels.get(self.kind, self.kind))

    @property
    def topic_labels(self) -> list[str]:
        return [str(label) for key, label in Topic.choices if key in self.topics]

    @property
    def is_slides(self) -> bool:
        return self.kind == MaterialKind.SLIDES

    @cached_property
    def body(self) -> StreamValue:
        return _read_stream(MaterialBlock(), self.raw_body)

    @property
    def minutes(self) -> int:
        """How long its outline or script takes; 0 where it doesn't say."""
        parts = [each["value"] for each in self.raw_body if each["type"] == "script_part"]
        outlined = [
            part.get("value", part)
            for each in self.raw_body
            if each["type"] == "outline"
            for part in each["value"]["parts"]
        ]
        return max((part["to_minute"] for part in parts), default=0) or sum(part["minutes"] or 0 for part in outlined)


def read_materials(version: KitVersion) -> list[Material]:
    """Return the materials of a version, in the kit's order."""
    return [
        Material(
            number=number,
            page=each["page"],
            kind=each["kind"],
            title=each["title"],
            intro=each["intro"],
            sources=each["sources"],
            topics=tuple(each["topics"]),
            digest=each["digest"],
            raw_body=tuple(each["body"]),
        )
        for number, each in enumerate(version.content["materials"], start=1)
    ]


def read_kit_body(version: KitVersion) -> StreamValue:
    """Return the words of the session's page as the version keeps them."""
    return _read_stream(BodyBlock(), version.content["body"])


def _read_stream(block: Any, raw: Any) -> StreamValue:
    # A block that the program no longer has is left out, as Wagtail does with pages.
    kept = block.child_blocks.keys() - FOR_READERS_ONLY
    return block.to_python([each for each in raw if each["type"] in kept])


@dataclass(frozen=True)
class Standing:
    """How a version stands to what is published now.

    `newest`: the version that replaced it, None where it is the newest itself; `is_withdrawn`: its kit is no longer
    published; `changed` and `gone`: the pages of its materials that say something else now, or that are taken away.
    """

    newest: KitVersion | None
    is_withdrawn: bool
    changed: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()

    @property
    def is_current(self) -> bool:
        return self.newest is None and not self.is_withdrawn


def get_standing(version: KitVersion) -> Standing:
    """Compare a version with its kit's newest one."""
    is_withdrawn = not KitPage.objects.live().filter(pk=version.kit_id).exists()
    newest = KitVersion.objects.newest(version.kit_id)
    if newest is None or newest.pk == version.pk:
        return Standing(None, is_withdrawn)
    now = {each["page"]: each["digest"] for each in newest.content["materials"]}
    held = {each["page"]: each["digest"] for each in version.content["materials"]}
    return Standing(
        newest,
        is_withdrawn,
        changed=frozenset(page for page, digest in held.items() if now.get(page, digest) != digest),
        gone=frozenset(held.keys() - now.keys()),
    )
