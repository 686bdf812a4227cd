"""The slides of a material, one after another."""

from dataclasses import dataclass
from typing import Any

from .contents import Material


@dataclass(frozen=True)
class Slide:
    """One slide. `block`: what is shown on it. A part that is no slide (a picture, a film) is one by itself."""

    number: int
    block: Any
    is_last: bool

    @property
    def is_plain(self) -> bool:
        """Whether it has a title, a text and notes of its own."""
        return bool(self.block.block_type == "slide")

    @property
    def anchor(self) -> str:
        return f"slide-{self.number}"

    @property
    def previous(self) -> str:
        return f"slide-{self.number - 1}" if self.number > 1 else ""

    @property
    def next(self) -> str:
        return "" if self.is_last else f"slide-{self.number + 1}"


def read_slides(material: Material) -> list[Slide]:
    """Return the slides of a material in their order."""
    blocks = list(material.body)
    return [Slide(number, block, number == len(blocks)) for number, block in enumerate(blocks, start=1)]
