"""Of two machines one dies: nothing may be lost, and what goes on pauses for less than ten seconds (issue 18)."""

import os
from argparse import Namespace
from functools import partial

from tests.bench.tables import table

from . import inside
from .living import Lived, live_through
from .machine import Machine
from .testbed import Testbed

GOAL_SECONDS = 10.0


def run(testbed: Testbed, options: Namespace) -> bool:
    before, lasts = (5.0, 15.0) if options.quick else (10.0, 40.0)
    found = []
    for name, begin in (("the leading one is killed", Machine.kill), ("the leading one loses its network", unplug)):
        testbed.grow_to(2)
        machines = testbed.machines[:2]
        victim = next(each for each in machines if each.name == inside.read_leader())
        found.append(
            live_through(
                testbed,
                machines,
                name,
                partial(begin, victim),
                lambda: None,
                before=before,
                lasts=lasts,
                after=1.0,
            )
        )
        victim.kill()
        victim.host.plug()
    print(f"\nLoad of this host {os.getloadavg()[0]:.1f}\n")
    print_table(found)
    return all(
        each.lost == 0
        and each.outcome.notified_twice == 0
        and each.chain_ok
        and max(each.forms_pause, each.notices_pause) < GOAL_SECONDS
        for each in found
    )


def unplug(machine: Machine) -> None:
    machine.host.unplug()


def print_table(found: list[Lived]) -> None:
    heads = (
        "what",
        "forms",
        "lost",
        "notices",
        "mails twice",
        "pause: forms s",
        "notices s",
        "slowest form s",
        "notice s",
        "over 10 s",
        "leads then",
        "somebody knows",
    )
    rows = [
        [
            each.name,
            each.forms,
            each.lost,
            each.outcome.owed,
            each.outcome.mails_twice,
            f"{each.forms_pause:.1f}",
            f"{each.notices_pause:.1f}",
            f"{each.slowest_form:.1f}",
            f"{each.slowest_notice:.1f}",
            each.late,
            each.led_after or "the same",
            each.human,
        ]
        for each in found
    ]
    print(table(heads, rows))
