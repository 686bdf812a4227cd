"""Seven daily, four weekly and twelve monthly archives stay."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.backups.rotation import choose_stay, list_archives, name_archive, remove_old

NIGHT = datetime(2026, 11, 28, 2, 30, tzinfo=UTC)


def nights(amount: int) -> list[datetime]:
    return [NIGHT - timedelta(days=number) for number in range(amount)]


def test_after_two_years_of_nights_as_many_stay_as_are_promised() -> None:
    """As the nightly job lives it: what one night removed is not there for the next."""
    there: set[datetime] = set()
    for night in reversed(nights(730)):
        there = choose_stay({*there, night})
    assert {NIGHT - timedelta(days=number) for number in range(7)} <= there
    assert len({at.isocalendar()[:2] for at in there}) >= 4
    months = {(at.year, at.month) for at in there}
    assert {(2026, month) for month in range(1, 12)} | {(2025, 12)} <= months
    assert len(there) <= 7 + 4 + 12


def test_nothing_goes_while_there_is_little() -> None:
    assert choose_stay(nights(7)) == set(nights(7))
    assert choose_stay([]) == set()


def test_of_several_a_day_the_newest_stays_once_the_day_is_over() -> None:
    twice = [NIGHT, NIGHT - timedelta(hours=1)]
    assert choose_stay(twice) == set(twice)
    later = NIGHT + timedelta(days=2)
    assert choose_stay([later, *twice]) == {later, NIGHT}


def test_after_a_standstill_of_months_the_last_seven_before_it_stay() -> None:
    before = [NIGHT - timedelta(days=200 + number) for number in range(7)]
    assert choose_stay([NIGHT, *before]) >= {NIGHT, *before[:6]}


def test_only_archives_are_removed(tmp_path: Path) -> None:
    for at in nights(30):
        path = tmp_path / name_archive(at)
        path.write_text("x")
        path.with_name(f"{path.name}.sha256").write_text("x")
    for name in ("vatra-case-keys.tar.age", "notes.txt", "vatra-20260101T000000Z.tar.age.old"):
        (tmp_path / name).write_text("x")
    removed = remove_old(tmp_path)
    left = [path for _at, path in list_archives(tmp_path)]
    assert len(removed) + len(left) == 30
    assert all(path.with_name(f"{path.name}.sha256").exists() for path in left)
    assert not any(path.with_name(f"{path.name}.sha256").exists() for path in removed)
    assert (tmp_path / "vatra-case-keys.tar.age").exists()
    assert (tmp_path / "notes.txt").exists()
    assert (tmp_path / "vatra-20260101T000000Z.tar.age.old").exists()
