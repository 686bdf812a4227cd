"""One file for each kind of question. Each takes a page's pieces and the facts, and yields what it found."""

from . import files, headings, lines, links, numbers, pictures, words
from . import readability as reading

RULES = (
    numbers.check,
    lines.check,
    pictures.check,
    words.check,
    links.check,
    files.check,
    headings.check,
    reading.check,
)
# What these find keeps a page from being published.
STOPPING = (numbers.check, pictures.check)
