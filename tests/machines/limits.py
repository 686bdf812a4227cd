"""A share of one processor for all processes of a machine: the `cpu` controller of cgroups, version 2 or 1."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
PERIOD = 10_000  # microseconds: whoever holds a lock is never stopped for longer
# What is measured goes before whatever else this host does, or the host would be the limit, not the machines.
WEIGHT = {2: "10000", 1: "100000"}


@dataclass(frozen=True)
class Group:
    """The processes of one machine, or of what stands beside them."""

    path: Path
    version: int

    @property
    def members(self) -> Path:
        return self.path / "cgroup.procs"

    def limit(self, share: float | None) -> None:
        """Give all of them together this share of one processor, None: as much as there is."""
        quota = None if share is None else int(PERIOD * share)
        if self.version == 2:
            (self.path / "cpu.max").write_text(f"{'max' if quota is None else quota} {PERIOD}")
            return
        (self.path / "cpu.cfs_period_us").write_text(str(PERIOD))
        (self.path / "cpu.cfs_quota_us").write_text(str(-1 if quota is None else quota))


@dataclass(frozen=True)
class Groups:
    """The folder in which groups are made; all in it go before what else this host does."""

    path: Path
    version: int

    def add(self, name: str) -> Group:
        group = Group(self.path / name, self.version)
        group.path.mkdir()
        return group


@contextlib.contextmanager
def made_groups() -> Iterator[Groups]:
    """Raises OSError where groups can't be made."""
    version, top = (2, CGROUPS) if (CGROUPS / "cgroup.controllers").exists() else (1, CGROUPS / "cpu")
    if version == 2:
        (top / "cgroup.subtree_control").write_text("+cpu")
    groups = Groups(top / f"vatra-machines-{os.getpid()}", version)
    groups.path.mkdir()
    (groups.path / ("cpu.weight" if version == 2 else "cpu.shares")).write_text(WEIGHT[version])
    try:
        if version == 2:
            (groups.path / "cgroup.subtree_control").write_text("+cpu")
        yield groups
    finally:
        for each in [*groups.path.iterdir(), groups.path]:
            if each.is_dir():
                with contextlib.suppress(OSError):  # somebody in it is still ending
                    each.rmdir()
