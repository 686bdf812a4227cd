"""Whatever a worker, two tabs, the network and the service do: nothing is lost, doubled or readable.

The phone's own modules run in Node with a database in memory, against a model of the service (tests/js/device).
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.node import find_node

RUN = Path(__file__).resolve().parents[1] / "js" / "device" / "run.mjs"


class Harness:
    """One process of Node that runs one list of steps after the other."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [find_node(), str(RUN)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, steps: list[dict[str, Any]]) -> str | None:
        """What was broken, or None."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(steps) + "\n")
        self.process.stdin.flush()
        broken: str | None = json.loads(self.process.stdout.readline())["broken"]
        return broken

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    harness = Harness()
    yield harness
    harness.close()


PHONES = st.sampled_from([0, 0, 0, 1])
TABS = st.sampled_from([0, 0, 1])
DRAFTS = st.sampled_from([0, 0, 0, 1])
FUSES = st.one_of(st.none(), st.none(), st.none(), st.integers(1, 90))


def act(name: str, **more: Any) -> st.SearchStrategy[dict[str, Any]]:
    fields = {"do": st.just(name), "phone": PHONES, "tab": TABS, "draft": DRAFTS, "fuse": FUSES, **more}
    return st.fixed_dictionaries(fields)


TYPING = st.one_of(
    act("type"), act("type"), act("open"), act("attach"), act("finish", urgent=st.booleans()), act("resume")
)
SENDING = st.one_of(act("send"), act("contact"), act("hand"), act("pack"))
KEYS = st.one_of(
    act("lock"), act("unlock"), act("wrong"), act("five"), act("duress"), act("begin"), act("revoke"), act("renew")
)
OUTSIDE = st.one_of(
    act("offline"),
    act("online"),
    act("lossy"),
    act("restart"),
    act("down"),
    act("crowd"),
    act("withdraw"),
    act("pass", hours=st.integers(1, 80)),
    act("clock", hours=st.integers(-100, 100)),
)
ONE = st.one_of(TYPING, TYPING, TYPING, SENDING, SENDING, KEYS, OUTSIDE)
BOTH = st.tuples(st.one_of(TYPING, SENDING, KEYS), st.one_of(TYPING, SENDING, KEYS)).map(
    lambda two: {"both": list(two)}
)
ANY = st.lists(st.one_of(ONE, ONE, ONE, BOTH), min_size=3, max_size=25)
# Two tabs that show the same draft: what else is random seldom leads there.
SHARED: list[dict[str, Any]] = [
    {"do": "type", "phone": 0, "tab": 0, "draft": 0, "fuse": None},
    {"do": "resume", "phone": 0, "tab": 1, "draft": 0, "fuse": None},
]
STEPS = st.one_of(ANY, ANY.map(lambda steps: SHARED + steps))


@settings(max_examples=500, deadline=None)
@given(steps=STEPS)
def test_nothing_is_lost_doubled_or_readable(harness: Harness, steps: list[dict[str, Any]]) -> None:
    assert harness.run(steps) is None, json.dumps(steps)  # a line for tests/js/device/run.mjs


def do(name: str, tab: int = 0) -> dict[str, Any]:
    return {"do": name, "phone": 0, "tab": tab, "draft": 0, "fuse": None}


def test_a_copy_is_handed_over_only_with_the_file_that_lies_with_the_draft_it_was_made_from(harness: Harness) -> None:
    """Of two tabs with one draft one types while the other adds a photo, so that the photo is named in a copy alone.

    The service has no room for the file yet, and would take the copy.
    """
    both = {"both": [do("type"), do("attach")]}
    assert harness.run([do("type"), do("resume", tab=1), do("crowd"), both, do("hand")]) is None


WORK = ("type", "attach", "type", "finish", "send", "type", "resume", "pack", "contact", "lock", "unlock")


@pytest.mark.parametrize("dying", range(len(WORK)), ids=lambda at: f"{at}-{WORK[at]}")
def test_a_tab_may_die_at_each_moment_of_ordinary_work(harness: Harness, dying: int) -> None:
    """What is random seldom dies within the first few things that a step does."""
    for fuse in range(1, 31):
        steps = [
            {"do": name, "phone": 0, "tab": 0, "draft": 0, "urgent": False, "fuse": fuse if at == dying else None}
            for at, name in enumerate(WORK)
        ]
        assert harness.run(steps) is None, fuse
