"""What the server makes of entries, by entries.json; tests/js/answers.test.mjs holds the page's script to the same."""

import json
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from .. import registry
from ..base import AnswerError, CleanContext, is_unanswered
from .every_type import asked
from .sources import AllFiles, FixedSource

# {"type", "entered": {part of the name: text or texts}, "properties", "rule": what the page knows of it, "answer"}
ENTRIES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("entries.json").read_text())
TODAY = date(2026, 3, 1)
CONTEXT = CleanContext(sources=FixedSource(), today=TODAY, attachments=AllFiles())
NAME = "row-0-thing"


def rule(type_name: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"type": type_name, **registry.get(type_name).live(asked(type_name, **more), TODAY)}


def cleaned(type_name: str, sent: str, more: dict[str, Any]) -> Any:
    """What the server makes of what the page sends; None when that is nothing, or wrong."""
    kind, question = registry.get(type_name), asked(type_name, **more)
    raw = kind.from_post(QueryDict(sent), NAME, question)
    try:
        value = None if is_unanswered(raw) else kind.clean(raw, question, CONTEXT)
    except AnswerError:
        return None
    return None if is_unanswered(value) else value


def test_there_are_entries_for_every_type_that_is_typed_in() -> None:
    assert len(ENTRIES) > 150
    assert len({entry["type"] for entry in ENTRIES}) > 20


@pytest.mark.parametrize("entry", ENTRIES, ids=[f"{entry['type']} {entry['entered']}" for entry in ENTRIES])
def test_the_server_reads_an_entry_so(entry: dict[str, Any]) -> None:
    sent = urlencode({NAME + part: values for part, values in entry["entered"].items()}, doseq=True)
    assert cleaned(entry["type"], sent, entry["properties"]) == entry["answer"]
    assert rule(entry["type"], entry["properties"]) == entry["rule"]
