"""Every kind of entry that the code writes is named on the auditors' screen in words of both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation
from wagtail.models import get_page_models

from notifications.escalation import audit_labels
from notifications.outbox.models import ReplyKind

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("site", "case_forms", "content", "notifications", "outreach_pages")
KIND = re.compile(r"[a-z_]+\.[a-z_.]+")
WRITERS = {"log_event", "AuditEvent", "_record", "_record_factor", "recorded", "_decide"}
# Kinds whose last part the code puts together, and what it may be.
PUT_TOGETHER = {
    "directory.{kind}_{}": [
        *(
            f"directory.{kind}_{done}"
            for kind in ("contact", "contactway", "partner", "agreement", "serviceprofile")
            for done in ("added", "changed")
        ),
        "directory.agreementrule_changed",
        *(
            f"directory.{kind}_{done}"
            for kind in ("dutyshift", "leave")
            for done in ("added", "changed", "deleted", "ended")
        ),
    ],
    "notice.{kind}": [f"notice.{kind}" for kind in ReplyKind.values],
    "place.{kind}_{}": [
        *(f"place.{kind}_added" for kind in ("mobileunit", "policedirectorate")),
        *(f"place.{kind}_changed" for kind in ("mobileunit", "policedirectorate", "municipality", "region")),
    ],
    "directory.conflict_{which}": ["directory.conflict_checked", "directory.conflict_confirmed"],
    "place.{}_changed": [f"place.{kind}_changed" for kind in ("mobileunit", "municipality", "region")],
    "{}_{what}": [  # `approvals.changes`
        "place.change_made",
        *(
            f"{kind}.change_{what}"
            for kind in ("place", "directory")
            for what in ("asked", "agreed", "refused", "withdrawn")
        ),
    ],
    "{}.link_made": [f"{kind}.link_made" for kind in ("places", "duty")],
    "{}.pin_tried": [f"{kind}.pin_{done}" for kind in ("places", "duty") for done in ("tried", "paused")],
    "duty.request_{}": [f"duty.request_{stage}" for stage in ("agreed", "refused", "declined", "withdrawn", "lapsed")],
    "{kind}.read": ["case.read", "referral.read", "notice.read", "deadline.read", "submission.read"],
}


def written() -> Iterator[str]:
    """Each kind that stands in a call which writes to the chain, or in a constant that such a call names."""
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if {"tests", "migrations"} & set(path.relative_to(ROOT).parts):
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            constants = dict(assigned(tree))
            for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
                name = getattr(call.func, "id", getattr(call.func, "attr", ""))
                for given in call.args[:4] if name in WRITERS else ():
                    for node in ast.walk(given):
                        if isinstance(node, ast.Constant) and isinstance(node.value, str):
                            yield node.value
                        elif isinstance(node, ast.Name):
                            yield constants.get(node.id, "")


def assigned(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value.value


@pytest.fixture(scope="module")
def found() -> list[str]:
    """Not while tests are collected: each process would read all code of the service for it."""
    return sorted(
        {kind for kind in written() if KIND.fullmatch(kind) and not kind.endswith("_")}
        | {k for ks in PUT_TOGETHER.values() for k in ks}
    )


def test_the_walk_finds_them(found: list[str]) -> None:
    assert {"case.read", "access.denied", "form.exported", "session.locked", "directory.change_asked"} <= set(found)
    assert len(found) > 150


@pytest.mark.main
def test_each_kind_has_words_in_both_languages(found: list[str]) -> None:
    assert [kind for kind in found if kind.split(".")[0] not in audit_labels.ROOMS] == []
    words: dict[str, set[str]] = {kind: set() for kind in found}
    for language in ("sq", "en"):
        with translation.override(language):
            for kind in found:
                words[kind].add(str(audit_labels.get_words(kind)))
    assert [kind for kind, said in words.items() if len(said) < 2 or kind in said] == [], "translated"


def test_a_page_of_any_type_is_a_page() -> None:
    assert {model._meta.model_name for model in get_page_models()} <= set(audit_labels.TARGETS)


def test_no_words_are_left_of_a_kind_that_nothing_writes(found: list[str]) -> None:
    said = {audit_labels.__file__}
    sources = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if str(path) not in said]
    text = "".join(path.read_text(encoding="utf-8") for path in sources if "tests" not in path.relative_to(ROOT).parts)
    assert [kind for kind in audit_labels.KINDS if kind not in found and f'"{kind}"' not in text] == []
