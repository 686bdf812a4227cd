"""The styles keep to the scale: sizes, spaces, corners, colours and breakpoints come from tokens.css, and every rule of
the screens stands in a layer of the cascade."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..catalogs import ROOT

STYLES = ROOT / "static" / "css"
TOKENS = "tokens.css"
# Made for WeasyPrint or for one frame: millimetres and points, no screen.
PAPER = {"handout.css", "kit-paper.css", "external_preview.css"}
# Beside Wagtail's own styles, which stand in no layer: in a layer these would lose against each of them.
ADMINISTRATION = {"cms.css", *(path.name for path in STYLES.glob("builder*.css"))}
SCREENS = sorted(path.name for path in STYLES.glob("*.css") if path.name not in {TOKENS, *PAPER})
LAYERS = ["reset", "tokens", "base", "components", "pages", "utilities"]

CONDITIONS = {
    "(max-width: 359px)",
    "(max-width: 479px)",
    "(max-width: 639px)",
    "(min-width: 640px)",
    "(max-width: 899px)",
    "(min-width: 900px)",
    "(min-width: 900px) and (min-height: 760px)",  # what stays beside a text needs the height as well
    "(forced-colors: active)",
    "(forced-colors: active), print",
    "(prefers-reduced-motion: no-preference)",
    "(prefers-reduced-motion: reduce)",
    "(scripting: none)",
    "print",
}
# And one step more: a table of rows with its filters beside it, beside Wagtail's menu.
WAGTAILS = {
    "(max-width: 50em)",
    "(min-width: 50em)",
    "(max-width: 49.99em)",
    "(min-width: 75rem)",
    "(min-width: 1400px)",
}
# Sizes that are no step of the scale, each with its reason.
ALLOWED = {
    ("field.css", "font-size: min(1em, 9vw)"): "the name in the bar fits the smallest phone at twice the text",
    ("field.css", "font-size: min(0.95em, 5vw)"): "the menu's word fits the smallest phone at twice the text",
    ("field.css", "font-size: min(1em, 7vw)"): "a title in the bar fits the smallest phone at twice the text",
    ("field.css", "font-size: 0.85em"): "a long title in the bar, relative to the one above",
    ("kits.css", "font-size: clamp(1.2rem, 0.9rem + 1.6vw, 2.2rem)"): "a slide is read from the last row of a room",
    ("kits.css", "font-size: clamp(1.6rem, 1rem + 3vw, 3.4rem)"): "so is its title",
    ("device.css", "font-size: clamp(1.2rem, 0.9rem + 1.6vw, 2.2rem)"): "the same slides, from a phone",
    ("device.css", "font-size: clamp(1.6rem, 1rem + 3vw, 3.4rem)"): "so is its title",
    ("outreach.css", "font-size: 11px"): "units of the map's drawing, not of the screen",
    ("public-print.css", "font-size: 10pt"): "paper is measured in points",
    ("components.css", "font-size: 11pt"): "paper is measured in points",
    ("public-print.css", "font-size: 0.85em"): "an address printed after its link, relative to the text",
    ("public-texts.css", "font-size: max(0.8rem, 1em)"): "captions grow with the film, never below what can be read",
    ("questions.css", "font-size: 1px"): "the head of the table says it; the label is for whoever hears it",
    ("components.css", "top: -12rem"): "a link to skip stands above the screen until it has the focus",
}
SPACE = re.compile(
    r"(margin|padding|(row-|column-)?gap|top|right|bottom|left|inset|scroll-(margin|padding))(-[a-z-]+)?"
)
SIZE = re.compile(r"(?<![\w.-])-?(\d*\.?\d+)(px|rem|pt|mm|cm)\b")
EM = re.compile(r"(?<![\w.-])-?\d*\.?\d+r?em\b|\d+px|\d+pt")


def get_source(name: str) -> str:
    return re.sub(r"/\*.*?\*/", "", (STYLES / name).read_text("utf-8"), flags=re.S)


def declarations(name: str) -> Iterator[tuple[str, str]]:
    for block in re.findall(r"\{([^{}]*)\}", get_source(name)):
        for line in block.split(";"):
            prop, colon, value = line.partition(":")
            if colon:
                yield prop.strip(), " ".join(value.split())


def raw_sizes(name: str) -> list[tuple[str, str]]:
    """Declarations of type, space or corners that name a size themselves. A hair of one pixel is a border's width."""
    found = []
    for prop, value in declarations(name):
        if prop in ("font-size", "font"):
            is_raw = bool(EM.search(value))
        elif SPACE.fullmatch(prop) or prop.endswith("radius"):
            is_raw = any(float(number) > 1 for number, _unit in SIZE.findall(value))
        else:
            continue
        if is_raw:
            found.append((name, f"{prop}: {value}"))
    return found


def test_there_are_styles_to_look_at() -> None:
    assert len(SCREENS) >= 12
    assert set(SCREENS) > ADMINISTRATION
    assert sum(1 for name in SCREENS for _each in declarations(name)) > 1500


def test_sizes_spaces_and_corners_are_steps_of_the_scale() -> None:
    found = {each for name in SCREENS for each in raw_sizes(name)}
    assert found - set(ALLOWED) == set()
    assert set(ALLOWED) - found == set(), "an exception that nothing needs any more"


@pytest.mark.parametrize("name", SCREENS)
def test_colours_and_heights_in_the_stack_have_names(name: str) -> None:
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;,) ])|\b(?:rgba?|hsla?)\(", get_source(name)) == []
    stacked = [value for prop, value in declarations(name) if prop == "z-index"]
    assert [value for value in stacked if not value.startswith("var(--layer-") and value != "1"] == []


@pytest.mark.parametrize("name", SCREENS)
def test_breakpoints_come_from_the_list(name: str) -> None:
    used = {" ".join(each.split()) for each in re.findall(r"@media ([^{]+?)\s*\{", get_source(name))}
    assert used - (CONDITIONS | WAGTAILS if name in ADMINISTRATION else CONDITIONS) == set()


def test_every_named_token_exists() -> None:
    """A misspelt one would silently be nothing."""
    known = set(re.findall(r"(--[\w-]+):", "".join(get_source(name) for name in [TOKENS, *SCREENS])))
    used = {each for name in [TOKENS, *SCREENS] for each in re.findall(r"var\((--[\w-]+)", get_source(name))}
    assert {each for each in used - known if not each.startswith("--w-")} <= {"--side-panel-width"}  # Wagtail's


def test_no_token_stands_there_unused() -> None:
    known = set(re.findall(r"(--[\w-]+):", get_source(TOKENS)))
    used = {each for name in [TOKENS, *SCREENS] for each in re.findall(r"var\((--[\w-]+)", get_source(name))}
    assert known - used == set()


def top_level(name: str) -> list[str]:
    """What stands outside all braces: selectors and at-rules."""
    source, depth, start, found = get_source(name), 0, 0, []
    for at, sign in enumerate(source):
        if sign == "{":
            if depth == 0:
                found.append(" ".join(source[start:at].split()))
            depth += 1
        elif sign == "}":
            depth -= 1
            start = at + 1
        elif sign == ";" and depth == 0:
            found.append(" ".join(source[start:at].split()))
            start = at + 1
    assert depth == 0, name
    return found


# Classes that Wagtail's own pages carry.
CLASSES_OF_WAGTAIL = {
    "content-locked",
    "js-translation-editor",
    "menuitem-label",
    "sidebar",
    "sidebar--slim",
    "sidebar-loading",
    "side-panel-open",
    "w-field__input",
}


def test_every_class_in_a_sheet_is_one_that_something_wears() -> None:
    """By its whole name in a template, a script or Python, or put together there: `badge-{{ state }}`."""
    kinds = {".html", ".js", ".py"}
    folders = ("templates", "static", "site", "case_forms", "content", "notifications", "outreach_pages")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in kinds]
    source = "\n".join(path.read_text("utf-8") for path in files if "tests" not in path.relative_to(ROOT).parts)
    words = set(re.findall(r"[\w-]+", source))
    beginnings = set(re.findall(r"([\w-]+[-_])(?:\{|\$\{|\"|')", source))
    selectors = "".join(re.findall(r"[^{}]+(?=\{)", "".join(get_source(path.name) for path in STYLES.glob("*.css"))))
    classes = set(re.findall(r"\.(-?[A-Za-z_][\w-]*)", selectors))
    assert len(classes) > 500
    worn = {each for each in classes if each in words or any(each.startswith(begun) for begun in beginnings)}
    assert classes - worn - CLASSES_OF_WAGTAIL == set()


def test_the_layers_are_put_in_order_once_and_first() -> None:
    assert top_level(TOKENS) == [f"@layer {', '.join(LAYERS)}", "@layer tokens"]


@pytest.mark.parametrize("name", sorted(set(SCREENS) - ADMINISTRATION))
def test_every_rule_of_a_screen_stands_in_a_layer(name: str) -> None:
    assert top_level(name)
    assert set(top_level(name)) <= {f"@layer {layer}" for layer in LAYERS}


@pytest.mark.parametrize("name", sorted(ADMINISTRATION))
def test_the_administrations_styles_stand_beside_wagtails_in_no_layer(name: str) -> None:
    assert [each for each in top_level(name) if each.startswith("@layer")] == []


@pytest.mark.parametrize("name", [TOKENS, *SCREENS, *sorted(PAPER)])
def test_no_line_is_longer_than_120(name: str) -> None:
    assert [line for line in Path(STYLES / name).read_text("utf-8").splitlines() if len(line) > 120] == []
