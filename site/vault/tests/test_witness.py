"""Older ciphertext put back: named, whether one cell, a whole row or every row went back."""

import time
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .. import seal as sealing
from .. import witness
from ..rotation import rotate
from ..seal import SealBroken, get_place, split_token, unseal
from .test_vault import NEW, OLD, Secret, column, put, ring, table  # noqa: F401 - fixtures

HOUR = 3601.0


class WatchedTable:
    """A table of sealed rows, its witness, and a clock that only goes forward."""

    def __init__(self, model: Any) -> None:
        self.model, self.now = model, time.time()

    def walk(self) -> witness.Seen:
        self.now += HOUR
        seen = witness.step(seconds=5, now=self.now)
        assert seen is not None
        assert seen.ended == self.now
        return seen


@pytest.fixture
def watched(table, ring, tmp_path):  # noqa: F811
    ring.VAULT_WITNESS_FILE = tmp_path / "witness" / "cells.sqlite3"
    return WatchedTable(table)


def rewrite(row: Secret, **values: Any) -> None:
    fresh = Secret.objects.get(pk=row.pk)
    for name, value in values.items():
        setattr(fresh, name, value)
    fresh.save(update_fields=list(values))


def cell(row: Secret, name: str) -> str:
    return f"vault_secret/{name}/{row.pk}"


def test_a_version_stands_in_the_value_and_can_not_be_changed_there():
    place = get_place("t", "c", 1)
    token = sealing.seal(b"x", place, again=True)
    parts = split_token(token)
    assert parts.again
    assert abs(parts.sealed_at / 1e6 - time.time()) < 60
    newer = token.replace(parts.version, f"{parts.sealed_at + 1:x}+")
    for changed in (newer, token.replace("+.", ".")):
        with pytest.raises(SealBroken):
            unseal(changed, place)


def test_a_rewritten_value_is_newer_also_where_a_clock_is_behind(watched, monkeypatch):
    row = watched.model.objects.create(text="one")
    first = split_token(column("text", row.pk))
    monkeypatch.setattr(sealing.time, "time_ns", lambda: 1_000_000)
    rewrite(row, text="two")
    second = split_token(column("text", row.pk))
    assert (first.again, second.again) == (False, True)
    assert second.sealed_at == first.sealed_at + 1


@pytest.mark.parametrize("first_one", [True, False])
def test_an_older_value_put_back_is_named(watched, first_one):
    row = watched.model.objects.create(text="one", paper=b"p")
    old = column("text", row.pk)
    rewrite(row, text="two")
    if not first_one:
        old = column("text", row.pk)
        rewrite(row, text="three")
    assert watched.walk().put_back == []
    put("text", row.pk, old)
    assert Secret.objects.get(pk=row.pk).text in ("one", "two")  # it opens: only the witness knows
    seen = watched.walk()
    assert seen.put_back == seen.new == [cell(row, "text")]
    assert watched.walk().new == []
    rewrite(row, text="four")
    assert watched.walk().put_back == []


def test_a_whole_row_put_back_is_named(watched):
    row = watched.model.objects.create(text="one", answers={"a": 1})
    old = {name: column(name, row.pk) for name in ("text", "answers")}
    rewrite(row, text="two", answers={"a": 2})
    watched.walk()
    for name, token in old.items():
        put(name, row.pk, token)
    assert sorted(watched.walk().put_back) == [cell(row, "answers"), cell(row, "text")]


def test_a_value_of_the_old_format_put_back_is_named(watched):
    row = watched.model.objects.create(text="x")
    place = f"vault_secret/text/{row.pk}".encode()
    key = sealing.load_key_ring().primary
    nonce = b"n" * 12
    body = sealing.base64.urlsafe_b64encode(nonce + key.cipher.encrypt(nonce, b"old", place)).decode()
    old = f"v1.{key.id}.{body}"
    put("text", row.pk, old)
    assert Secret.objects.get(pk=row.pk).text == "old"
    assert watched.walk().put_back == []
    rewrite(row, text="new")
    watched.walk()
    put("text", row.pk, old)
    assert watched.walk().put_back == [cell(row, "text")]


def test_turning_the_ring_puts_nothing_back_and_rewrites_the_old_format(watched, ring):  # noqa: F811
    row = watched.model.objects.create(text="one")
    rewrite(row, text="two")
    never = watched.model.objects.create(text="never rewritten")
    watched.walk()
    ring.VAULT_KEYS = [NEW, OLD]
    rotate()
    assert watched.walk().put_back == []
    assert split_token(column("text", row.pk)).again
    assert not split_token(column("text", never.pk)).again


def test_what_was_written_once_and_what_is_gone_are_not_kept_in_mind(watched):
    rows = [watched.model.objects.create(text=str(number)) for number in range(3)]
    rewrite(rows[0], text="again")
    watched.walk()
    with witness._file() as file:
        assert [place for (place,) in file.execute("SELECT place FROM cells")] == [cell(rows[0], "text")]
    rows[1].delete()
    put("text", rows[2].pk, "no value of ours")
    assert watched.walk().put_back == []


def test_a_walk_goes_on_where_it_stopped_and_rests_for_an_hour(watched, monkeypatch):
    monkeypatch.setattr(witness, "ROWS", 2)
    rows = [watched.model.objects.create(text="one") for _number in range(5)]
    old = {row.pk: column("text", row.pk) for row in rows}
    for row in rows:
        rewrite(row, text="two")
    watched.walk()
    for row in rows:
        put("text", row.pk, old[row.pk])
    watched.now += HOUR
    counts = []
    for _step in range(3):
        ticks = iter([0.0, 0.5, 2.0, 2.0])
        with monkeypatch.context() as short:
            short.setattr(witness.time, "monotonic", lambda ticks=ticks: next(ticks))
            counts.append(len(witness.step(seconds=1, now=watched.now).put_back))
    assert counts == [2, 4, 5]
    assert witness.step(now=watched.now + 60).ended == watched.now


def test_two_do_not_walk_at_once_and_after_a_restore_it_begins_again(watched):
    row = watched.model.objects.create(text="one")
    old = column("text", row.pk)
    rewrite(row, text="two")
    watched.walk()
    with witness._file():
        assert witness.step() is None
    put("text", row.pk, old)
    assert watched.walk().put_back
    witness.reset()
    assert watched.walk().put_back == []
    assert oct(witness.Path(witness.settings.VAULT_WITNESS_FILE).stat().st_mode)[-3:] == "600"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(["write", "walk", "back"]), st.integers(0, 1)), max_size=12))
def test_a_value_is_named_exactly_when_a_newer_one_was_met(watched, steps):
    """Whatever is written, walked and put back, in any order, in two rows."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM vault_secret")
    witness.reset()
    rows = [watched.model.objects.create(text="0") for _row in range(2)]
    tokens = [[column("text", row.pk)] for row in rows]
    stands, met = [0, 0], [0, 0]
    for what, which in steps:
        if what == "write":
            rewrite(rows[which], text="x")
            tokens[which].append(column("text", rows[which].pk))
            stands[which] = len(tokens[which]) - 1
        elif what == "back":
            stands[which] = max(stands[which] - 1, 0)
            put("text", rows[which].pk, tokens[which][stands[which]])
        else:
            watched.walk()
            met = [max(pair) for pair in zip(met, stands, strict=True)]
    seen = watched.walk()
    expected = {cell(rows[which], "text") for which in (0, 1) if stands[which] < met[which]}
    assert set(seen.put_back) == expected
