"""The part of Markdown that our guides use, as HTML: headings, paragraphs, lists, tables, code, bold, italics, links.

Pictures are those of docs/img, of a phone, on lines of their own.

Everything is escaped first, so a guide can hold no tag. A link leads only to http(s) addresses and to places on the
same page; one to another file of docs/ becomes plain text, because that file has no address here.
"""

import re
from collections.abc import Iterator

from django.templatetags.static import static
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

HEADING = re.compile(r"^(#{1,4}) +(.+)$")
BULLET = re.compile(r"^( *)[-*] +(.+)$")
NUMBER = re.compile(r"^( *)\d+\. +(.+)$")
RULE_OF_TABLE = re.compile(r"^\|[\s:|-]+\|$")
CODE = re.compile(r"`([^`]+)`")
BOLD = re.compile(r"\*\*(.+?)\*\*")
ITALIC = re.compile(r"(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])")
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
PICTURE = re.compile(r"^!\[([^\]]+)\]\((?:\.\./)?img/([a-z0-9-]+\.png)\)$")
PICTURE_SIZE = 'width="240" height="467"'  # of a phone: test_docs_pictures
HELD = re.compile("\x00(\\d+)\x00")


def render(text: str) -> SafeString:
    """Render a guide as HTML."""
    return mark_safe("\n".join(_blocks(text.splitlines())))  # noqa: S308 (escaped line by line below)


def list_parts(text: str) -> list[tuple[str, SafeString]]:
    """Return the parts of a guide, which begin at the second level: the id of each heading, and its words as HTML."""
    found, is_code = [], False
    for line in text.splitlines():
        if line.startswith("```"):
            is_code = not is_code
        heading = None if is_code else HEADING.match(line)
        if heading and len(heading[1]) == 2:
            found.append((slugify(heading[2]), mark_safe(inline(heading[2]))))  # noqa: S308 (escaped in `inline`)
    return found


def _blocks(lines: list[str]) -> Iterator[str]:
    """Yield the HTML of each block."""
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif line.startswith("```"):
            end = next((n for n in range(at + 1, len(lines)) if lines[n].startswith("```")), len(lines))
            yield f"<pre><code>{escape(chr(10).join(lines[at + 1 : end]))}</code></pre>"
            at = end + 1
        elif found := HEADING.match(line):
            level = len(found[1])
            yield f'<h{level} id="{slugify(found[2])}">{inline(found[2])}</h{level}>'
            at += 1
        else:
            end = _end_of_block(lines, at)
            yield _block(lines[at:end])
            at = end


def _end_of_block(lines: list[str], start: int) -> int:
    """Return the index of the next empty line, heading or code block.

    A list continues over an empty line before an indented one.
    """
    at = start + 1
    while at < len(lines) and not HEADING.match(lines[at]) and not lines[at].startswith("```"):
        if not lines[at].strip() and not (at + 1 < len(lines) and lines[at + 1].startswith("  ")):
            break
        at += 1
    return at


def _block(lines: list[str]) -> str:
    """Render one paragraph, list or table; a list may follow its paragraph without an empty line."""
    if lines[0].startswith("|"):
        return _table(lines)
    if all(PICTURE.match(line) for line in lines):
        return f'<p class="vatra-guide__pictures">{"".join(map(_picture, lines))}</p>'
    if BULLET.match(lines[0]) or NUMBER.match(lines[0]):
        return _list(lines)
    for number, line in enumerate(lines):
        if number and (BULLET.match(line) or NUMBER.match(line)) and BULLET.match(lines[-1].strip() or "- x"):
            return f"<p>{inline(' '.join(lines[:number]))}</p>\n{_list(lines[number:])}"
    return f"<p>{inline(' '.join(line.strip() for line in lines))}</p>"


def _picture(line: str) -> str:
    words, name = PICTURE.sub(r"\1", line), PICTURE.sub(r"\2", line)
    return f'<img src="{static(f"guides/{name}")}" alt="{escape(words)}" {PICTURE_SIZE} loading="lazy">'


def _list(lines: list[str]) -> str:
    """Render a list and, indented, the lists within its entries."""
    tag = "ol" if NUMBER.match(lines[0]) else "ul"
    depth = len(lines[0]) - len(lines[0].lstrip())
    entries: list[list[str]] = []
    for line in lines:
        found = BULLET.match(line) or NUMBER.match(line)
        if found and len(found[1]) <= depth:
            entries.append([found[2]])
        elif line.strip():
            entries[-1].append(line)
    return f"<{tag}>{''.join(_entry(entry) for entry in entries)}</{tag}>"


def _entry(lines: list[str]) -> str:
    inner = next((n for n, line in enumerate(lines[1:], 1) if BULLET.match(line) or NUMBER.match(line)), len(lines))
    words = inline(" ".join(line.strip() for line in lines[:inner]))
    return f"<li>{words}{_list(lines[inner:]) if lines[inner:] else ''}</li>"


def _table(lines: list[str]) -> str:
    """Render a table, with a head if its second line is a rule."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    has_head = len(lines) > 1 and bool(RULE_OF_TABLE.match(lines[1].strip()))
    head = "".join(f'<th scope="col">{inline(cell)}</th>' for cell in rows[0]) if has_head else ""
    body = "".join(
        f"<tr>{''.join(f'<td>{inline(cell)}</td>' for cell in row)}</tr>" for row in rows[2 if has_head else 0 :]
    )
    return (
        '<div class="vatra-guide__table vatra-scroll"><table class="listing">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def inline(text: str) -> str:
    """Render the inline marks of one line. Code is set aside first: nothing in it is a mark."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(f"<code>{found[1]}</code>")
        return f"\x00{len(held) - 1}\x00"

    # NUL marks the places of code, so none may come from the text.
    text = CODE.sub(hold, escape(text.replace("\x00", "")))
    text = LINK.sub(_link, text)
    text = ITALIC.sub(r"<em>\1</em>", BOLD.sub(r"<strong>\1</strong>", text))
    return HELD.sub(lambda found: held[int(found[1])], text)


def _link(found: re.Match[str]) -> str:
    words, address = found[1], found[2]
    if address.startswith(("https://", "http://", "#")):
        return f'<a href="{address}" rel="noreferrer">{words}</a>'
    return words
