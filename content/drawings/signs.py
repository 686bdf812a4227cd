"""What the pictures and films are put together from. Each sign stands around the middle (x, y), about 2 s high."""

from .canvas import EMBER, FINE, GLOW, INK, LAKE, MUTED, PAPER, RULE, WATER, Canvas


def lines_of_text(c: Canvas, x: float, y: float, widths: list[float], *, gap: float = 26, width: float = 8) -> None:
    for number, each in enumerate(widths):
        c.stroke((x, y + number * gap), (x + each, y + number * gap), line=RULE, width=width)


def phone(c: Canvas, x: float, y: float, s: float) -> None:
    c.box(x - s * 0.56, y - s, s * 1.12, s * 2, fill=PAPER, radius=s * 0.18, width=s * 0.07)
    c.stroke((x - s * 0.14, y + s * 0.84), (x + s * 0.14, y + s * 0.84), width=s * 0.06)


def bubble(c: Canvas, x: float, y: float, s: float, *, fill: str = WATER, is_left: bool = True) -> None:
    """Something said; `is_left`: by the one on the left."""
    side = -1 if is_left else 1
    tail = [(x + side * s * 0.5, y + s * 0.5), (x + side * s * 0.66, y + s), (x + side * s * 0.05, y + s * 0.55)]
    c.shape(tail, fill=fill, width=s * 0.07)
    c.box(x - s, y - s * 0.7, s * 2, s * 1.3, fill=fill, radius=s * 0.3, width=s * 0.07)
    c.shape([(px, py - s * 0.06) for px, py in tail], fill=fill, line=None)


def open_letter(c: Canvas, x: float, y: float, s: float) -> None:
    c.shape([(x - s, y - s * 0.15), (x, y - s * 0.85), (x + s, y - s * 0.15)], fill=WATER, width=s * 0.07)
    c.box(x - s * 0.72, y - s * 0.62, s * 1.44, s * 1.1, fill=PAPER, radius=s * 0.06, width=s * 0.07)
    lines_of_text(c, x - s * 0.48, y - s * 0.38, [s * 0.96, s * 0.7], gap=s * 0.24, width=s * 0.08)
    c.box(x - s, y - s * 0.15, s * 2, s * 1.05, fill=WATER, line=None, radius=s * 0.06)
    c.shape([(x - s * 0.72, y - s * 0.14), (x + s * 0.72, y - s * 0.14), (x, y + s * 0.4)], fill=PAPER, line=None)
    lines_of_text(c, x - s * 0.3, y + s * 0.04, [s * 0.6], width=s * 0.08)
    c.stroke((x - s, y - s * 0.15), (x, y + s * 0.42), (x + s, y - s * 0.15), width=s * 0.07)
    c.box(x - s, y - s * 0.15, s * 2, s * 1.05, fill=None, radius=s * 0.06, width=s * 0.07)


def person(c: Canvas, x: float, y: float, s: float, *, fill: str = WATER) -> None:
    """Head and shoulders, without a face."""
    c.pen.pieslice(_fine(x - s * 0.8, y - s * 0.05, x + s * 0.8, y + s * 1.9), 180, 360, fill=fill)
    c.arc(x, y + s * 0.925, s * 0.8, 180, 360, width=s * 0.08)
    c.stroke((x - s * 0.77, y + s * 0.93), (x + s * 0.77, y + s * 0.93), width=s * 0.08)
    c.disc(x, y - s * 0.5, s * 0.42, fill=fill, width=s * 0.08)


def shield(c: Canvas, x: float, y: float, s: float) -> None:
    right = [(0.0, -1.0), (0.8, -0.72), (0.8, 0.05), (0.62, 0.5), (0.32, 0.82), (0.0, 1.0)]
    points = [(x + px * s, y + py * s) for px, py in [*right, *[(-px, py) for px, py in reversed(right[1:-1])]]]
    c.shape(points, fill=WATER, width=s * 0.07)
    tick(c, x, y, s * 0.5)


def tick(c: Canvas, x: float, y: float, s: float, *, line: str = LAKE) -> None:
    c.stroke(
        (x - s * 0.7, y + s * 0.05), (x - s * 0.15, y + s * 0.6), (x + s * 0.8, y - s * 0.6), line=line, width=s * 0.24
    )


def key(c: Canvas, x: float, y: float, s: float) -> None:
    c.disc(x - s * 0.55, y, s * 0.42, fill=GLOW, line=EMBER, width=s * 0.16)
    c.stroke((x - s * 0.12, y), (x + s * 0.95, y), (x + s * 0.95, y + s * 0.32), line=EMBER, width=s * 0.16)
    c.stroke((x + s * 0.6, y), (x + s * 0.6, y + s * 0.26), line=EMBER, width=s * 0.16)


def table(c: Canvas, x: float, y: float, s: float) -> None:
    """Two at a table with two cups."""
    person(c, x - s * 0.95, y - s * 0.3, s * 0.62)
    person(c, x + s * 0.95, y - s * 0.3, s * 0.62, fill=GLOW)
    for side in (-1, 1):
        c.box(x + side * s * 0.3 - s * 0.14, y + s * 0.06, s * 0.28, s * 0.26, radius=s * 0.05, width=s * 0.06)
    c.stroke((x - s * 1.5, y + s * 0.36), (x + s * 1.5, y + s * 0.36), width=s * 0.1)
    for side in (-1, 1):
        c.stroke((x + side * s * 1.1, y + s * 0.36), (x + side * s * 1.1, y + s * 0.95), width=s * 0.09)


def house(c: Canvas, x: float, y: float, s: float) -> None:
    """With light in its window."""
    c.box(x - s * 0.78, y - s * 0.2, s * 1.56, s * 1.15, fill=PAPER, radius=s * 0.04, width=s * 0.08)
    c.shape([(x - s * 1.02, y - s * 0.15), (x, y - s), (x + s * 1.02, y - s * 0.15)], fill=WATER, width=s * 0.08)
    c.box(x - s * 0.55, y + s * 0.12, s * 0.46, s * 0.42, fill=GLOW, line=EMBER, radius=s * 0.04, width=s * 0.06)
    c.box(x + s * 0.12, y + s * 0.12, s * 0.42, s * 0.83, fill=WATER, radius=s * 0.04, width=s * 0.07)
    c.disc(x + s * 0.44, y + s * 0.55, s * 0.045, fill=INK, line=None)


def coins(c: Canvas, x: float, y: float, s: float) -> None:
    for number in range(3):
        c.disc(
            x - s * 0.4 + number * s * 0.4,
            y + s * 0.3 - number * s * 0.3,
            s * 0.55,
            fill=GLOW,
            line=EMBER,
            width=s * 0.12,
        )
    c.stroke((x + s * 0.4, y - s * 0.5), (x + s * 0.4, y - s * 0.1), line=EMBER, width=s * 0.12)


def clock(c: Canvas, x: float, y: float, s: float) -> None:
    c.disc(x, y, s * 0.9, fill=PAPER, width=s * 0.14)
    c.stroke((x, y - s * 0.5), (x, y), (x + s * 0.38, y + s * 0.2), width=s * 0.14)


def page(c: Canvas, x: float, y: float, s: float) -> None:
    c.box(x - s * 0.68, y - s * 0.92, s * 1.36, s * 1.84, fill=PAPER, radius=s * 0.1, width=s * 0.13)
    lines_of_text(c, x - s * 0.38, y - s * 0.48, [s * 0.76, s * 0.76, s * 0.5], gap=s * 0.36, width=s * 0.12)
    c.stroke(
        (x - s * 0.38, y + s * 0.62), (x + s * 0.1, y + s * 0.5), (x + s * 0.38, y + s * 0.64), line=LAKE, width=s * 0.1
    )


def bus(c: Canvas, x: float, y: float, s: float) -> None:
    c.box(x - s, y - s * 0.7, s * 2, s * 1.2, fill=WATER, radius=s * 0.2, width=s * 0.13)
    for number in range(3):
        c.box(x - s * 0.8 + number * s * 0.58, y - s * 0.46, s * 0.44, s * 0.42, radius=s * 0.06, width=s * 0.08)
    for side in (-1, 1):
        c.disc(x + side * s * 0.52, y + s * 0.55, s * 0.24, fill=PAPER, width=s * 0.13)


def passport(c: Canvas, x: float, y: float, s: float) -> None:
    c.box(x - s * 0.72, y - s, s * 1.44, s * 2, fill=LAKE, line=INK, radius=s * 0.12, width=s * 0.07)
    c.disc(x, y - s * 0.25, s * 0.34, fill=None, line=PAPER, width=s * 0.07)
    c.stroke((x - s * 0.34, y + s * 0.42), (x + s * 0.34, y + s * 0.42), line=PAPER, width=s * 0.08)


def bag(c: Canvas, x: float, y: float, s: float) -> None:
    c.arc(x, y - s * 0.2, s * 0.55, 180, 360, line=MUTED, width=s * 0.1)
    c.box(x - s, y - s * 0.2, s * 2, s * 1.2, fill=GLOW, radius=s * 0.2, width=s * 0.07)
    c.stroke((x - s * 0.96, y + s * 0.2), (x + s * 0.96, y + s * 0.2), width=s * 0.05)
    c.box(x - s * 0.13, y + s * 0.08, s * 0.26, s * 0.26, radius=s * 0.05, width=s * 0.06)


def _fine(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
    return x0 * FINE, y0 * FINE, x1 * FINE, y1 * FINE
