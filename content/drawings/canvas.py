"""A sheet to draw on, three times as fine as its own dots."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).parents[2] / "notifications" / "briefs" / "fonts"
FINE = 3

INK = "#1b2430"
MUTED = "#4f5b66"
PAPER = "#ffffff"
SAND = "#f6f3ee"
LAKE = "#0b5563"
WATER = "#d5e6e9"
EMBER = "#a63c17"
GLOW = "#f6dccf"
DANGER = "#a4161a"
RULE = "#c8c2b8"

Point = tuple[float, float]


@cache
def letters(size: float, is_bold: bool) -> ImageFont.FreeTypeFont:
    name = "LiberationSans-Bold.ttf" if is_bold else "LiberationSans-Regular.ttf"
    return ImageFont.truetype(str(FONTS / name), round(size * FINE))


class Canvas:
    """Places and sizes are in dots of the sheet; the picture it becomes may have fewer."""

    def __init__(self, width: int, height: int, ground: str = SAND) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * FINE, height * FINE), ground)
        self.pen = ImageDraw.Draw(self.image)

    def finished(self, width: int = 0, *, sides: float = 0) -> Image.Image:
        """The picture, `width` dots wide. `sides`: how much of the sheet is cut off on the left and on the right."""
        sheet = self.image.crop((round(sides * FINE), 0, round((self.width - sides) * FINE), self.height * FINE))
        wide = width or self.width
        return sheet.resize((wide, wide * sheet.height // sheet.width), Image.Resampling.LANCZOS)

    def box(
        self, x: float, y: float, w: float, h: float, *, fill: str | None = PAPER, line: str | None = INK,
        width: float = 5, radius: float = 14,
    ) -> None:  # fmt: skip
        place = [x * FINE, y * FINE, (x + w) * FINE, (y + h) * FINE]
        self.pen.rounded_rectangle(place, radius * FINE, fill=fill, outline=line, width=round(width * FINE))

    def disc(
        self, x: float, y: float, r: float, *, fill: str | None = PAPER, line: str | None = INK, width: float = 5
    ) -> None:
        place = [(x - r) * FINE, (y - r) * FINE, (x + r) * FINE, (y + r) * FINE]
        self.pen.ellipse(place, fill=fill, outline=line, width=round(width * FINE))

    def arc(self, x: float, y: float, r: float, start: float, end: float, *, line: str = INK, width: float = 5) -> None:
        place = [(x - r) * FINE, (y - r) * FINE, (x + r) * FINE, (y + r) * FINE]
        self.pen.arc(place, start, end, fill=line, width=round(width * FINE))

    def stroke(self, *points: Point, line: str = INK, width: float = 5) -> None:
        """A line with round ends and corners."""
        fine = [(x * FINE, y * FINE) for x, y in points]
        self.pen.line(fine, fill=line, width=round(width * FINE), joint="curve")
        r = width * FINE / 2
        for x, y in fine:
            self.pen.ellipse([x - r, y - r, x + r, y + r], fill=line)

    def dashes(self, start: Point, end: Point, *, line: str = INK, width: float = 4, dash: float = 16) -> None:
        (x0, y0), (x1, y1) = start, end
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        number = max(1, int(length / (dash * 1.8)))
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        for each in range(number):
            at = each * length / number
            self.stroke(
                (x0 + dx * at, y0 + dy * at), (x0 + dx * (at + dash), y0 + dy * (at + dash)), line=line, width=width
            )

    def shape(self, points: Sequence[Point], *, fill: str = PAPER, line: str | None = INK, width: float = 5) -> None:
        self.pen.polygon([(x * FINE, y * FINE) for x, y in points], fill=fill)
        if line:
            self.stroke(*points, points[0], line=line, width=width)

    def arrow(self, start: Point, end: Point, *, line: str = MUTED, width: float = 6, head: float = 18) -> None:
        (x0, y0), (x1, y1) = start, end
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        dx, dy = (x1 - x0) / length * head, (y1 - y0) / length * head
        self.stroke(start, end, line=line, width=width)
        self.stroke((x1 - dx - dy, y1 - dy + dx), end, (x1 - dx + dy, y1 - dy - dx), line=line, width=width)

    def words(
        self, x: float, y: float, text: str, size: float, *, fill: str = INK, is_bold: bool = True, anchor: str = "mm"
    ) -> None:
        self.pen.text((x * FINE, y * FINE), text, fill=fill, font=letters(size, is_bold), anchor=anchor)

    def width_of(self, text: str, size: float, *, is_bold: bool = True) -> float:
        return letters(size, is_bold).getlength(text) / FINE

    def number(self, x: float, y: float, text: str, *, r: float = 30, fill: str = LAKE) -> None:
        self.disc(x, y, r, fill=fill, line=None)
        self.words(x, y, text, r * 1.15, fill=PAPER)
