"""The gallery: every component of the screens in its states, on one page for each group of screens.

It exists in the local profile only, for whoever changes a style and for the test that checks it
(tests/browser/test_gallery.py). It renders the product's own partials wherever there is one, with invented text.
"""

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from access.languages import LANGUAGES, localize_to

from ..templatetags.ui import STATES

GROUPS = ("shared", "public", "field")
TEXTS: dict[str, dict[str, str]] = json.loads((Path(__file__).parent / "gallery.json").read_text("utf-8"))


def gallery(request: HttpRequest, group: str = GROUPS[0]) -> HttpResponse:
    """Render one group's components, in the language of `?lang=` if it is one of ours. 404 for an unknown group."""
    if group not in GROUPS:
        raise Http404
    asked = request.GET.get("lang", "")
    language = asked if asked in LANGUAGES else translation.get_language()
    with translation.override(language):
        return render(request, f"gallery/{group}.html", _context(group, str(language)))


def _context(group: str, language: str) -> dict[str, Any]:
    """Build the context of one group, with invented values for every partial."""
    say: dict[str, str] = {key: localize_to(texts, language) for key, texts in TEXTS.items()}
    now = timezone.now()
    moments = [SimpleNamespace(name=name, at=now + timedelta(seconds=after)) for name, after in _COURSE.items()]
    return {
        "say": say,
        "group": group,
        "groups": [(each, say[each]) for each in GROUPS],
        "language": language,
        "languages": settings.LANGUAGES,
        "states": list(STATES),
        "owed_at": now,
        "moments": moments,
        "call_line": _line(say, "line", number="116 000", for_danger=False),
        "danger_line": _line(say, "police", number="129", for_danger=True),
        "callouts": [
            {"kind": kind, "title": say["notes"], "text": f"<p>{say[text]}</p>"}
            for kind, text in (("info", "note"), ("care", "note_warning"), ("danger", "note_danger"))
        ],
        "steps": {
            "title": say["steps"],
            "steps": [{"title": say[key], "text": f"<p>{say['aside']}</p>"} for key in ("step_one", "step_two")],
        },
        "signs": {"title": say["signs"], "signs": [say["use"], say["aside"]], "closing": say["lead"]},
        "do_dont": {"do_title": say["do"], "do": [say["use"]], "dont_title": say["dont"], "dont": [say["aside"]]},
        "questions": {"questions": [{"question": say["question"], "answer": f"<p>{say['answer']}</p>"}] * 2},
    }


# The states of an invented notice, and after how many seconds it reaches them.
_COURSE = {"owed": 0, "sent": 1, "delivered": 4, "opened": 98, "accepted": 130}


def _line(say: dict[str, str], name: str, *, number: str, for_danger: bool) -> dict[str, Any]:
    """Build an invented hotline as the partials expect one."""
    return {
        "name": say[name],
        "short_name": say[name],
        "number": number,
        "tel": number.replace(" ", ""),
        "for_danger": for_danger,
        "for_whom": say["whom"],
        "use": say["use"],
        "hours": say["hours"],
        "cost": say["free"],
        "spoken": "",
    }
