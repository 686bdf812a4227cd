"""The pictures of the first content: drawn 1200 dots wide, kept at 800."""

from collections.abc import Callable
from itertools import pairwise

from PIL import Image

from . import signs
from .canvas import DANGER, EMBER, LAKE, MUTED, PAPER, RULE, SAND, WATER, Canvas

WIDTH, HEIGHT = 1200, 720
KEPT = 800


def offer() -> Canvas:
    """Six questions that an honest offer answers."""
    c = Canvas(WIDTH, HEIGHT)
    c.box(150, 40, 900, 640, radius=18)
    drawn: list[Callable[[Canvas, float, float, float], None]] = [
        signs.person, signs.clock, signs.coins, signs.page, signs.bus, signs.bubble,
    ]  # fmt: skip
    for number, sign in enumerate(drawn):
        x, y = 205 + number % 2 * 445, 150 + number // 2 * 205
        c.number(x, y, str(number + 1), r=32)
        sign(c, x + 112, y, 52)
        signs.lines_of_text(c, x + 196, y - 16, [110, 80], gap=32, width=10)
        signs.tick(c, x + 350, y, 26)
    c.stroke((600, 90), (600, 630), line=RULE, width=3)
    return c


def exit_button(label: str) -> Canvas:
    """Where the button is that leaves the page."""
    c = Canvas(WIDTH, 560)
    c.box(370, 30, 460, 900, fill=SAND, radius=56, width=12)
    c.box(376, 170, 448, 700, fill=PAPER, line=None, radius=0)
    c.stroke((378, 170), (822, 170), line=RULE, width=3)
    c.stroke((560, 58), (640, 58), width=8)
    c.box(412, 104, 90, 34, fill=RULE, line=None, radius=8)
    wide = c.width_of(label, 27) + 44
    c.box(784 - wide, 88, wide, 66, fill=DANGER, line=None, radius=10)
    c.words(784 - wide / 2, 121, label, 27, fill=PAPER)
    c.box(784 - wide - 13, 75, wide + 26, 92, fill=None, line=EMBER, width=6, radius=20)
    c.stroke((430, 226), (680, 226), line=MUTED, width=20)
    signs.lines_of_text(c, 430, 280, [340, 310, 330, 220], gap=38, width=12)
    c.box(426, 440, 348, 104, fill=WATER, line=None, radius=12)
    c.arrow((950, 300), (850, 160), line=EMBER, width=12, head=34)
    return c


def stations() -> Canvas:
    """The way of a message: written, read, answered, and the answer read with a code."""
    c = Canvas(WIDTH, 520)
    places = [(150, 200), (450, 200), (750, 200), (1050, 200)]
    for (x, y), (further, _y) in pairwise(places):
        c.arrow((x + 132, y), (further - 132, y), line=MUTED, width=7, head=16)
    for number, (x, y) in enumerate(places, start=1):
        c.disc(x, y, 116, fill=PAPER, line=RULE, width=4)
        c.number(x, y + 190, str(number), r=36)
    x, y = places[0]
    signs.phone(c, x, y, 80)
    signs.lines_of_text(c, x - 26, y - 36, [52, 52, 34], gap=24, width=8)
    signs.open_letter(c, *places[1], 74)
    x, y = places[2]
    signs.bubble(c, x, y - 4, 72, is_left=False)
    signs.lines_of_text(c, x - 44, y - 22, [88, 60], gap=28, width=10)
    x, y = places[3]
    signs.phone(c, x, y, 80)
    signs.key(c, x - 2, y - 8, 36)
    return c


def card() -> Canvas:
    """How the pocket card is cut and folded: along its edge, at A, at B."""
    c = Canvas(WIDTH, HEIGHT)
    for number, x in enumerate((90, 520, 900), start=1):
        c.number(x + (150, 130, 100)[number - 1], 630, str(number), r=36)
    c.box(80, 110, 320, 420, fill=PAPER, line=RULE, width=4, radius=6)
    for a, b in [
        ((110, 150), (370, 150)),
        ((370, 150), (370, 320)),
        ((370, 320), (110, 320)),
        ((110, 320), (110, 150)),
    ]:
        c.dashes(a, b, line=LAKE, width=5)
    c.disc(96, 346, 13, fill=SAND, line=LAKE, width=6)
    c.disc(126, 352, 13, fill=SAND, line=LAKE, width=6)
    c.stroke((102, 334), (126, 280), line=LAKE, width=6)
    c.stroke((122, 340), (100, 284), line=LAKE, width=6)
    c.arrow((420, 360), (490, 360), line=MUTED, width=7, head=16)
    c.shape([(540, 300), (760, 300), (790, 190), (570, 190)], fill=WATER)
    c.box(530, 300, 240, 150, fill=PAPER, radius=4)
    c.stroke((650, 306), (650, 444), line=RULE, width=4)
    c.words(510, 300, "A", 34, fill=EMBER)
    signs.lines_of_text(c, 672, 346, [74, 74, 50], gap=30, width=9)
    c.arrow((805, 360), (875, 360), line=MUTED, width=7, head=16)
    c.shape([(920, 240), (1050, 206), (1050, 372), (920, 400)], fill=WATER)
    c.box(920, 240, 150, 160, fill=PAPER, radius=4)
    c.words(905, 214, "B", 34, fill=EMBER)
    signs.lines_of_text(c, 944, 290, [102, 102, 66], gap=32, width=10)
    return c


def own_papers() -> Canvas:
    """The passport in one's own bag, a copy of it at a friend's house."""
    c = Canvas(WIDTH, HEIGHT)
    c.disc(330, 350, 250, fill=PAPER, line=RULE, width=4)
    signs.passport(c, 330, 270, 110)
    signs.bag(c, 330, 380, 140)
    signs.phone(c, 520, 470, 70)
    c.disc(880, 350, 250, fill=PAPER, line=RULE, width=4)
    signs.house(c, 880, 310, 140)
    signs.page(c, 1010, 480, 74)
    c.arrow((560, 200), (660, 200), line=MUTED, width=9, head=24)
    return c


def pictures() -> dict[str, Image.Image]:
    """Each drawing under the name of its file."""
    return {
        "offer": offer().finished(KEPT, sides=110),
        "exit-sq": exit_button("Dilni shpejt").finished(KEPT, sides=200),
        "exit-en": exit_button("Leave quickly").finished(KEPT, sides=200),
        "stations": stations().finished(KEPT),
        "card": card().finished(KEPT),
        "own-papers": own_papers().finished(KEPT),
    }
