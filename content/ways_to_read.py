"""Other ways to read a page that stand on it: in easy words, in sign language. The page's top leads to them."""

from typing import Any, NamedTuple

from django.utils.translation import gettext

EASY_WORDS = "easy-words"


class WayToRead(NamedTuple):
    """`anchor`: the id of the part of the page."""

    anchor: str
    label: str


def build_film_anchor(file_id: Any) -> str:
    return f"film-{file_id}"


def get_ways_to_read(body: Any) -> list[WayToRead]:
    """Return the ways in the order of the body. From what is stored: it reads nothing from the database."""
    found = []
    for block in getattr(body, "raw_data", None) or ():
        value = block["value"]
        if block["type"] == "easy_words":
            found.append(WayToRead(EASY_WORDS, gettext("In easy words")))
        elif block["type"] == "video" and value.get("sign_language") and value.get("file"):
            found.append(WayToRead(build_film_anchor(value["file"]), gettext("In sign language")))
    return found
