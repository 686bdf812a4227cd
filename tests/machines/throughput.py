"""How much more two and four machines take on than one. Goals (issue 18): 1.8 and 3 times."""

import os
import time
from argparse import Namespace
from dataclasses import dataclass

from tests.bench.processes import read_cpu
from tests.bench.tables import table

from . import inside
from .load import Balancer, Load
from .machine import Machine
from .testbed import Testbed

PATIENCE = 30.0  # seconds; none is sent to another machine
CLIENTS = 4  # for each machine: always one more form than it can work on
GOALS = {1: 1.0, 2: 1.8, 4: 3.0}


@dataclass(frozen=True)
class Round:
    """`road`: forms a second, until the last notice is out. `used`: processors. `busy`, `queue`: `inside.LockWatch`."""

    machines: int
    forms: int
    seconds: float
    road: float
    mails: int
    median_s: float
    slowest_s: float
    busy: float
    queue: float
    others: dict[str, float]
    used: float
    leader: str
    standing_by: int
    odd: dict[str, int]


def run(testbed: Testbed, options: Namespace) -> bool:
    seconds = 8.0 if options.quick else 60.0
    rounds = []
    for count in (1, 2) if options.quick else (1, 2, 4):
        machines = testbed.grow_to(count)
        _send(testbed, machines, seconds=min(8.0, seconds))  # fills caches, opens connections
        rounds.append(_measure(testbed, machines, seconds))
        print(f"  {count}: {rounds[-1]}", flush=True)
    first = rounds[0].road
    print(f"\nEach machine has {testbed.share:.0%} of one processor; load of this host {os.getloadavg()[0]:.1f}\n")
    print(
        table(
            (
                "machines",
                "forms/s",
                "times one",
                "goal",
                "notices/s",
                "median s",
                "processors",
                "lock held",
                "waiting",
                "leads, by",
            ),
            [
                [
                    each.machines,
                    f"{each.road:.2f}",
                    f"{each.road / first:.2f}",
                    GOALS[each.machines],
                    f"{each.mails / each.seconds:.1f}",
                    f"{each.median_s:.2f}",
                    f"{each.used:.2f}",
                    f"{each.busy:.1%}",
                    f"{each.queue:.3f}",
                    f"{each.leader}, {each.standing_by}",
                ]
                for each in rounds
            ],
        )
    )
    return all(each.road / first >= GOALS[each.machines] and not each.odd for each in rounds)


def _send(testbed: Testbed, machines: list[Machine], *, seconds: float) -> Load:
    clients = CLIENTS * len(machines)
    balancer = Balancer([each.url for each in machines])
    load = Load(inside.make_senders(clients), balancer, clients, patience=PATIENCE).start()
    time.sleep(seconds)
    load.stop()
    inside.wait_until(lambda: inside.count_unsent(load.acknowledged) == 0, seconds=300, pause=0.2)
    return load


def read_used(machines: list[Machine]) -> float:
    """Return the seconds of processor that the processes of these have used."""
    return read_cpu([each.process.pid for each in machines if each.process is not None])


def _measure(testbed: Testbed, machines: list[Machine], seconds: float) -> Round:
    used = read_used(machines)
    mails, began = len(testbed.sink.mails), time.time()
    locks = inside.LockWatch(testbed.dsn).start()
    load = _send(testbed, machines, seconds=seconds)
    locks.stop()
    took = testbed.sink.mails[-1][1] - began
    outcome = inside.read_outcome(load.acknowledged, testbed.sink.mails[mails:])
    forms = len(load.acknowledged)
    wrong = {
        "forms lost": forms - outcome.present,
        "notices lost": outcome.owed - outcome.out,
        "mails twice": outcome.mails_twice,
        "notified twice": outcome.notified_twice,
        **{f"answer {said}": count for said, count in load.answers.items() if said not in ("200", "201")},
    }
    return Round(
        machines=len(machines),
        forms=forms,
        seconds=took,
        road=forms / took,
        mails=outcome.out,
        median_s=sorted(load.took)[forms // 2],
        slowest_s=max(load.took),
        busy=locks.busy,
        queue=locks.queue,
        others=locks.other_queues,
        used=(read_used(machines) - used) / took,
        leader=inside.read_leader(),
        standing_by=inside.count_standing_by(),
        odd={name: count for name, count in wrong.items() if count},
    )
