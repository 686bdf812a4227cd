"""Forms and notices while something fails: what was lost, what came twice, how long nothing went on, who led, and who
would have known when."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial

from tests.chaos.watching import measure_human

from . import inside
from .load import Balancer, Load, measure_pause
from .machine import Machine
from .testbed import Testbed

DRAINED_WITHIN = 240.0
CLIENTS, PAUSE = 4, 3.0  # about as many forms as one machine alone can take


class Watcher:
    """Looks at each machine, from itself and over the network, and at who leads, four times a second.

    `seen`: {what, of which machine: seconds since the fault began}.
    """

    def __init__(self, machines: Sequence[Machine]) -> None:
        self.seen: dict[str, dict[str, float]] = {each.name: {} for each in machines}
        self.cut_off: set[str] = set()
        self.leaders: list[tuple[float, str]] = []
        self._before = {each.name: each.ask()[1] for each in machines}
        self._stopped = threading.Event()
        self.began = time.monotonic()
        looks: list[Callable[[], None]] = [self._look_who_leads]
        for machine in machines:
            looks += [partial(self._look_inside, machine), partial(self._look_outside, machine)]
        self._threads = [threading.Thread(target=self._repeat, args=(look,), daemon=True) for look in looks]
        for thread in self._threads:
            thread.start()

    def _repeat(self, look: Callable[[], None]) -> None:
        from django.db import connection

        while not self._stopped.wait(0.25):
            look()
        connection.close()

    def _note(self, machine: Machine, what: str) -> None:
        self.seen[machine.name].setdefault(what, round(time.monotonic() - self.began, 1))

    def _look_inside(self, machine: Machine) -> None:
        if machine.process is None:
            return
        status, degraded = machine.ask()
        if status == 0 and machine.process is not None:
            self._note(machine, "silent")
        for each in degraded - self._before[machine.name]:
            self._note(machine, each)
        if status == 503:
            self._note(machine, "not ready")

    def _look_outside(self, machine: Machine) -> None:
        if not machine.answers_outside():
            self.cut_off.add(machine.name)
            self._note(machine, "silent")

    def _look_who_leads(self) -> None:
        leader = inside.read_leader()
        if not self.leaders or self.leaders[-1][1] != leader:
            self.leaders.append((round(time.monotonic() - self.began, 1), leader))

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(10)

    @property
    def earliest(self) -> dict[str, float]:
        """{what: when it was first seen, on whichever machine}. Of one that is cut off nobody sees what it says."""
        found: dict[str, float] = {}
        for name, each in self.seen.items():
            for what, seconds in each.items():
                if what == "silent" or name not in self.cut_off:
                    found[what] = min(seconds, found.get(what, seconds))
        return found


@dataclass(frozen=True)
class Lived:
    """`forms_pause`, `notices_pause`: the longest time in which none was acknowledged, none went out."""

    name: str
    forms: int
    outcome: inside.Outcome
    forms_pause: float
    notices_pause: float
    slowest_form: float
    leaders: list[tuple[float, str]]
    seen: dict[str, float]
    each_seen: dict[str, dict[str, float]]
    answers: dict[str, int]
    chain_ok: bool
    human: str = field(default="")

    @property
    def lost(self) -> int:
        return self.forms - self.outcome.present + self.outcome.owed - self.outcome.out

    @property
    def slowest_notice(self) -> float:
        return max(self.outcome.delays, default=0.0)

    @property
    def late(self) -> int:
        """How many notices took longer than ten seconds."""
        return sum(each > 10 for each in self.outcome.delays)

    @property
    def led_after(self) -> str:
        """Who led afterwards, and after how many seconds; "" while it stayed the same."""
        return f"{self.leaders[-1][1]}, {self.leaders[-1][0]:.1f} s" if len(self.leaders) > 1 else ""


def live_through(
    testbed: Testbed,
    machines: Sequence[Machine],
    name: str,
    begin: Callable[[], None],
    end: Callable[[], None],
    *,
    before: float,
    lasts: float,
    after: float,
) -> Lived:
    """Send forms for so many seconds before, during and after a fault."""
    mails = len(testbed.sink.mails)
    load = Load(inside.make_senders(CLIENTS), Balancer([each.url for each in machines]), CLIENTS, PAUSE).start()
    watcher = None
    try:
        time.sleep(before)
        watcher = Watcher(machines)
        began = time.time()
        begin()
        time.sleep(lasts)
    finally:
        end()
        if watcher is None:
            load.stop()
    time.sleep(after)
    load.stop()
    over = time.time()
    inside.wait_until(lambda: inside.count_unsent(load.acknowledged) == 0, seconds=DRAINED_WITHIN, pause=0.5)
    time.sleep(1)
    watcher.stop()
    outcome = inside.read_outcome(load.acknowledged, testbed.sink.mails[mails:])
    lived = Lived(
        name=name,
        forms=len(load.acknowledged),
        outcome=outcome,
        forms_pause=measure_pause(list(load.acknowledged.values()), began, over),
        notices_pause=measure_pause([at for _id, at in testbed.sink.mails[mails:]], began, over),
        slowest_form=max(load.took),
        leaders=watcher.leaders,
        seen=watcher.earliest,
        each_seen=watcher.seen,
        answers=dict(load.answers),
        chain_ok=inside.verify_chain(),
        human=measure_human(watcher.earliest),
    )
    facts = {key: value for key, value in asdict(lived).items() if key != "outcome"}
    print(f"  {name}: {facts}, {replace(outcome, delays=outcome.delays[-8:])}", flush=True)
    return lived
