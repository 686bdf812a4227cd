"""Mails by the outbox beside the same mails by django-q2, Celery and procrastinate, all in one run (issue 15).

One mail server, two workers each, the safest settings each of them has. CPU time is that of all its processes: who
asks, who sends, who watches, the database server and the broker. All sides are up and take turns, in rounds: a machine
that others use is faster in one minute than in the next, and what is compared are the figures of one round.
"""

import itertools
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median

import psycopg

from tests.servers import Servers, running_servers

from .mail_sides import PACKAGES, Side, make_celery, make_django_q2, make_identifying, make_outbox, make_procrastinate
from .processes import kill, read_cpu
from .service import Sink
from .tables import percentile, table

BURST, ROUNDS, KILLS, RATE, RATE_SECONDS, BULK = 1000, 8, 3, 20, 5, 2000
P95_GOAL_MS, P95_BUSY_GOAL_MS = 100.0, 300.0
LAST_GOAL_SECONDS = 3.0
CPU_RATIO_GOAL = 2.0
SUBMISSION_GOAL_MS = 35.0


@dataclass
class Found:
    """What one side did; the lists have a figure for each round. Times in seconds where nothing else is said."""

    name: str
    rates: list[float] = field(default_factory=list)  # mails a second in a burst
    cpus: list[float] = field(default_factory=list)  # milliseconds of a processor for each mail, at 20/s
    cpus_with_servers: list[float] = field(default_factory=list)
    p95s: list[float] = field(default_factory=list)  # milliseconds
    p95_busy: float = float("nan")  # with the bulk cluster at work on many tasks; the outbox alone has one
    doubled: int = 0
    lost: int = 0
    last: float = float("nan")

    @property
    def per_second(self) -> float:
        """Its best round: PostgreSQL may need some until it plans well."""
        return max(self.rates)

    def compare_bursts(self, others: "list[Found]") -> float:
        """Return how its burst stands beside the fastest of the others in the same round: the middle of the rounds."""
        rounds = zip(self.rates, *(each.rates for each in others), strict=True)
        return median(own / max(theirs) for own, *theirs in rounds)

    def compare_cpu(self, other: "Found") -> float:
        """Its processor time by that of the other in the same round; the middle one of all rounds."""
        rounds = zip(self.cpus_with_servers, other.cpus_with_servers, strict=True)
        return median(own / theirs for own, theirs in rounds)

    def cells(self) -> tuple[object, ...]:
        return (
            self.name,
            f"{self.per_second:.0f}",
            f"{median(self.cpus):.1f}",
            f"{median(self.cpus_with_servers):.1f}",
            f"{max(self.p95s):.0f}",
            f"{self.p95_busy:.0f}",
            f"{self.doubled} of {KILLS} kills",
            self.lost,
            f"{self.last:.1f}",
        )


HEADS = (
    "side",
    "burst/s",
    "CPU ms/mail at 20/s",
    "with servers",
    "p95 ms",
    "p95 busy",
    "doubled",
    "lost",
    "last after s",
)


def run(*, quick: bool) -> bool:
    """Measures, prints, and says whether every goal was met."""
    if not PACKAGES.is_dir():
        raise SystemExit(f"{PACKAGES} isn't there: `make bench` fills it from requirements-bench.txt")
    scale = 0.2 if quick else 1.0
    only = os.environ.get("BENCH_SIDES", "")
    with Sink() as sink, ExitStack() as stack:
        sides = [
            make(sink, stack.enter_context(running_servers()))
            for name, make in SIDES.items()
            if not only or only in name
        ]
        # First: what bursts leave behind is tidied for minutes, which is no part of an identification.
        submissions = _measure_submissions(
            [make_identifying(side) for side in sides if side.producer == "outbox"], sink, scale
        )
        with ExitStack() as running:
            for side in sides:
                running.enter_context(_started(side, sink))
            found = _measure_in_turn(sides, sink, scale)
            for side, each in zip(sides, found, strict=True):
                _tidy(side)
                _measure_kills(side, sink, each, count=round(BURST * scale))
        for side, each in zip(sides, found, strict=True):
            if side.producer == "outbox":
                each.p95_busy = _measure_busy(side, sink, scale)
    print("\nThe same mails, two workers each, safest settings\n")
    print(table(HEADS, [each.cells() for each in found]))
    print()
    met = [_judge(*goal) for goal in _goals(found, submissions)]
    return all(met)


def _get_pids(servers: Servers) -> list[int]:
    return [servers.postgres.pid, servers.redis.pid]


# The sides by name, each with PostgreSQL and Redis of its own: what one of them left behind is tidied for minutes.
SIDES: dict[str, Callable[[Sink, Servers], Side]] = {
    "outbox-sqlite": lambda sink, _servers: make_outbox(sink),
    "q2-sqlite": lambda sink, _servers: make_django_q2(sink),
    "celery": lambda sink, servers: make_celery(
        sink, redis_url=servers.environment["BROKER_URL"], servers=_get_pids(servers)
    ),
    "q2-redis": lambda sink, servers: make_django_q2(
        sink, redis_url=servers.environment["BROKER_URL"], servers=_get_pids(servers)
    ),
    "procrastinate": lambda sink, servers: make_procrastinate(
        sink, database_url=servers.environment["DATABASE_URL"], servers=_get_pids(servers)
    ),
    "outbox-postgres": lambda sink, servers: make_outbox(sink, servers=_get_pids(servers), **servers.environment),
}


@contextmanager
def _started(side: Side, sink: Sink) -> Iterator[None]:
    try:
        side.start()
        _tell(side, sink, count=20)  # warm, and every worker has shown that it works
        yield
    finally:
        side.stop()


def _measure_in_turn(sides: list[Side], sink: Sink, scale: float) -> list[Found]:
    """Measure bursts, then 20 mails a second, of all sides in rounds; every second round goes in the other order."""
    both = [(side, Found(side.name)) for side in sides]
    for side in sides:
        _tell(side, sink, count=round(BURST * scale))
    for measure in (_measure_burst, _measure_rate):
        for side in sides:
            _tidy(side)
        for number in range(ROUNDS):
            for side, found in both[:: 1 if number % 2 == 0 else -1]:
                measure(side, sink, found, scale)
    for _side, found in both:
        print(found.name, "mails/s", *(f"{each:.0f}" for each in found.rates), sep="  ")
        print(found.name, "CPU ms", *(f"{each:.1f}" for each in found.cpus_with_servers), sep="  ", flush=True)
    return [found for _side, found in both]


def _tidy(side: Side) -> None:
    """Have PostgreSQL tidy now what seeding and bursts left: a minute later it would be counted to somebody else."""
    url = side.environment.get("DATABASE_URL") or side.environment.get("BENCH_DATABASE_URL") or ""
    if url.startswith("postgres"):
        with psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")


def _tell(side: Side, sink: Sink, *, count: int) -> None:
    before = sink.count()
    side.ask(count=count)
    side.wait()
    if not sink.wait_for(before + count, seconds=120):
        raise RuntimeError(f"{side.name}: {sink.count() - before} of {count} mails came; see {side.folder}")


def _measure_burst(side: Side, sink: Sink, found: Found, scale: float) -> None:
    count = round(BURST * scale)
    _tidy(side)
    began = time.monotonic()
    _tell(side, sink, count=count)
    found.rates.append(count / (time.monotonic() - began))


def _measure_rate(side: Side, sink: Sink, found: Found, scale: float) -> None:
    count = round(RATE * RATE_SECONDS * scale)
    cpu, servers = read_cpu(side.roots()), read_cpu(side.servers)
    found.p95s.append(_measure_latency(side, sink, count=count))
    cpu, servers = read_cpu(side.roots()) - cpu, read_cpu(side.servers) - servers
    found.cpus.append(1000 * cpu / count)
    found.cpus_with_servers.append(1000 * (cpu + servers) / count)


def _measure_latency(side: Side, sink: Sink, *, count: int) -> float:
    """Return within how many milliseconds of its commit 95 of 100 mails were taken, at RATE a second."""
    before = sink.count()
    side.ask(count=count, per_second=RATE)
    asked = side.wait()["at"]
    sink.wait_for(before + len(asked), seconds=60)
    times = _by_name(sink, before)
    return percentile([1000 * (times[name][0] - at) for name, at in asked.items() if name in times], 0.95)


def _measure_kills(side: Side, sink: Sink, found: Found, *, count: int) -> None:
    """Kill a worker while it sends: after a quarter, a half and three quarters of the mails."""
    before, chance = sink.count(), random.Random(15)
    side.ask(count=count)
    killed_at = 0.0
    for blow in range(1, KILLS + 1):
        sink.wait_for(before + count * blow // (KILLS + 1), seconds=60)
        living = side.workers()
        if living:
            kill(chance.choice(living))
        killed_at = time.time()
    asked = set(side.wait()["at"])
    until = time.monotonic() + 90
    while time.monotonic() < until and not asked <= set(_by_name(sink, before)):
        time.sleep(0.05)
    time.sleep(2)  # for doubles that come after the last
    times = _by_name(sink, before)
    found.lost = len(asked - set(times))
    found.doubled = sum(len(times[name]) - 1 for name in asked & set(times))
    found.last = max(0.0, max((times[name][0] for name in asked & set(times)), default=killed_at) - killed_at)


def _by_name(sink: Sink, since: int) -> dict[str, list[float]]:
    """{name of a mail: when it came, each time}, without those before `since`."""
    found: dict[str, list[float]] = {}
    for mail in itertools.islice(list(sink.mails), since, None):
        found.setdefault(mail.message_id.strip("<>").split("@")[0], []).append(mail.accepted_at)
    return found


def _measure_submissions(sides: list[Side], sink: Sink, scale: float) -> list[tuple[str, float]]:
    """CPU milliseconds of an identification in all parts: receiving it, its notices, whatever follows.

    The middle of ROUNDS, in turns as the rest.
    """
    costs: dict[str, list[float]] = {side.name: [] for side in sides}
    count = max(10, round(40 * scale))
    with ExitStack() as running:
        for side in sides:
            running.enter_context(_started(side, sink))
            _tidy(side)
        time.sleep(2)
        for number in range(ROUNDS):
            for side in sides[:: 1 if number % 2 == 0 else -1]:
                cpu, before = read_cpu([*side.roots(), *side.servers]), sink.count()
                side.ask(count=count, per_second=5)
                sink.wait_for(before + len(side.wait()["at"]), seconds=60)
                time.sleep(1)
                costs[side.name].append(1000 * (read_cpu([*side.roots(), *side.servers]) - cpu) / count)
    for name, rounds in costs.items():
        print(name, "CPU ms of an identification", *(f"{each:.1f}" for each in rounds), sep="  ", flush=True)
    return [(name, median(rounds)) for name, rounds in costs.items()]


def _measure_busy(side: Side, sink: Sink, scale: float) -> float:
    """Return the p95 in milliseconds at RATE a second while the bulk cluster has PDFs to render."""
    with _started(side, sink):
        side.queue_bulk(round(BULK * scale))
        return _measure_latency(side, sink, count=round(10 * RATE * scale))


def _goals(found: list[Found], submissions: list[tuple[str, float]]) -> Iterator[tuple[str, float, float, bool]]:
    """(what, measured, goal, whether more is better)."""
    ours = [each for each in found if each.name.startswith("outbox")]
    others = [each for each in found if each not in ours]
    celery = [each for each in others if each.name.startswith("Celery")]
    for each in ours:
        if others:
            yield (
                f"{each.name}: burst beside the fastest",
                each.compare_bursts(others),
                1.0,
                True,
            )
        if celery:
            yield f"{each.name}: CPU a notice beside Celery's", each.compare_cpu(celery[0]), CPU_RATIO_GOAL, False
        yield f"{each.name}: p95 at 20/s in the slowest round, ms", max(each.p95s), P95_GOAL_MS, False
        yield f"{each.name}: p95 with {BULK} bulk tasks queued, ms", each.p95_busy, P95_BUSY_GOAL_MS, False
        yield f"{each.name}: doubles in {KILLS} kills", each.doubled, KILLS, False
        yield f"{each.name}: lost", each.lost, 0, False
        yield f"{each.name}: last after the kill, s", each.last, LAST_GOAL_SECONDS, False
    for name, cost in submissions:
        yield f"{name}: an identification, ms of CPU", cost, SUBMISSION_GOAL_MS, False


def _judge(what: str, measured: float, goal: float, more_is_better: bool) -> bool:
    met = measured >= goal if more_is_better else measured <= goal
    print(f"{what}: {measured:.2f} (goal {'>=' if more_is_better else '<='} {goal:g}) {'met' if met else 'MISSED'}")
    return met
