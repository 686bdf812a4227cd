"""The types for a photo or document, and for a signature."""

import json
import re
from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .base import (
    AnswerError,
    Cell,
    ChoiceSource,
    CleanContext,
    Posted,
    QuestionType,
    checked_object,
    checked_text,
    wrong_type,
)
from .question import Question
from .texts import MAX_SHORT, ONE_LINE

IDENTITY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
WIDTH, HEIGHT = 1000, 400  # the box a signature is drawn in
MAX_STROKES, MAX_NUMBERS = 200, 4_000  # numbers: of one stroke, two for each point
MAX_DRAWING_LENGTH = 200_000  # characters of JSON
DRAWN = re.compile(r"\[[0-9\[\],\s]*\]")
KINDS_OF_FILE = {"image": ("image/jpeg", "image/png", "image/webp"), "pdf": ("application/pdf",)}


class File(QuestionType):
    """{"id"} of a file that was uploaded before. `accept`: which of "image" and "pdf", both unless given."""

    name = "file"
    icon = "file"
    value_kind = "object"
    properties = frozenset({"accept"})

    def clean(self, raw: Any, question: Question, context: CleanContext) -> dict[str, str]:
        given = checked_object(raw, ("id",), _("Choose a file."))
        identity = given.get("id")
        if not isinstance(identity, str):
            raise wrong_type(_("Choose a file."))
        # The same words whether the id is malformed, unknown or somebody else's.
        if not IDENTITY.fullmatch(identity) or context.attachments is None or not context.attachments.has(identity):
            raise AnswerError("unknown_attachment", _("This file isn't here; choose it again."))
        return {"id": identity}

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read `name.kept`, the id of what is there, unless `name.remove`.

        Whoever takes a new file in puts its id there.
        """
        kept = post.get(f"{name}.kept")
        return {"id": kept} if isinstance(kept, str) and kept and not post.get(f"{name}.remove") else None

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        """Build the schema. Whether the file is there is more than a schema can say."""
        identity = {"type": "string", "format": "uuid", "pattern": f"^{IDENTITY.pattern}$"}
        return {"type": "object", "properties": {"id": identity}, "required": ["id"], "additionalProperties": False}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        with translation.override(language):
            return gettext("A file is attached")

    def export_cells(
        self, value: Any, question: Question, language: str, sources: ChoiceSource, *, labels: bool
    ) -> list[Cell]:
        if value is None:
            return [None]
        return [self.formatted(value, question, language, sources) if labels else value["id"]]

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "image" if accepted(question) == ["image"] else "file", ""


class Signature(QuestionType):
    """{"strokes": [[x, y, x, y, ...], ...]} in a box of 1000 by 400, or {"name"} where it can't be drawn; or both."""

    name = "signature"
    icon = "signature"
    value_kind = "object"

    def group_role(self, question: Question) -> str:
        return "group"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> dict[str, Any]:
        given = checked_object(raw, ("strokes", "name"), _("Sign here, or write the name."))
        cleaned: dict[str, Any] = {}
        if "strokes" in given:
            cleaned["strokes"] = [_stroke(stroke, number) for number, stroke in enumerate(_strokes(given["strokes"]))]
        if "name" in given:
            name = checked_text(given["name"], MAX_SHORT, path="/name").strip()
            if not name or "\n" in name or "\r" in name:
                raise AnswerError("bad_characters", _("Write this on one line."), path="/name")
            cleaned["name"] = name
        return cleaned

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read `name.strokes`, which the script writes, unless `name.clear`; and `name.name`.

        What isn't strokes stays as it came, for `clean` to judge.
        """
        drawn, written = (str(post.get(f"{name}.{part}") or "").strip() for part in ("strokes", "name"))
        # Without a script there is no drawing; the name is then what signs.
        strokes = None if post.get(f"{name}.clear") else _read(drawn)
        return {**({"strokes": strokes} if strokes else {}), **({"name": written} if written else {})} or None

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        """Build the schema.

        That a stroke has pairs, and that each second number is smaller, is more than it can say.
        """
        number = {"type": "integer", "minimum": 0, "maximum": WIDTH}
        stroke = {"type": "array", "items": number, "minItems": 2, "maxItems": MAX_NUMBERS}
        strokes = {"type": "array", "items": stroke, "minItems": 1, "maxItems": MAX_STROKES}
        name = {"type": "string", "maxLength": MAX_SHORT, "pattern": ONE_LINE}
        return {"type": "object", "properties": {"strokes": strokes, "name": name}, "additionalProperties": False}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        with translation.override(language):
            signed = gettext("Signed by hand") if "strokes" in value else gettext("Signed by name")
        return f"{signed}: {value['name']}" if "name" in value else signed

    def export_cells(
        self, value: Any, question: Question, language: str, sources: ChoiceSource, *, labels: bool
    ) -> list[Cell]:
        """Return that it was signed; never the drawing."""
        if value is None:
            return [None]
        return [self.formatted(value, question, language, sources) if labels else value.get("name", "strokes")]

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "image", "signature"


def accepted(question: Question) -> list[str]:
    """List which kinds of file a question takes: keys of KINDS_OF_FILE."""
    return [kind for kind in KINDS_OF_FILE if kind in question.accept or not question.has("accept")]


def _strokes(given: Any) -> list[Any]:
    if not isinstance(given, list) or not given:
        raise wrong_type(_("Sign here, or write the name."), path="/strokes")
    if len(given) > MAX_STROKES:
        raise AnswerError("too_long", _("This drawing is too large; clear it and sign again."), path="/strokes")
    return given


def _stroke(given: Any, number: int) -> list[int]:
    path = f"/strokes/{number}"
    if not isinstance(given, list) or not given or len(given) % 2:
        raise wrong_type(_("Sign here, or write the name."), path=path)
    if len(given) > MAX_NUMBERS:
        raise AnswerError("too_long", _("This drawing is too large; clear it and sign again."), path=path)
    stroke = [_whole(each) for each in given]
    for most, along in ((WIDTH, stroke[::2]), (HEIGHT, stroke[1::2])):
        if any(each is None or not 0 <= each <= most for each in along):
            raise wrong_type(_("Sign here, or write the name."), path=path)
    return [each for each in stroke if each is not None]


def _whole(given: Any) -> int | None:
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def _read(drawn: str) -> Any:
    """Return the strokes in a text of JSON; the text itself, cut, when there are none in it."""
    # Only digits, commas and brackets may come: the parser never sees an object or a number with an exponent.
    if not drawn or len(drawn) > MAX_DRAWING_LENGTH or not DRAWN.fullmatch(drawn):
        return drawn[:100]
    try:
        return json.loads(drawn)
    except (ValueError, RecursionError):
        return drawn[:100]
