"""How soon a notice is told, and how many a second, beside bare tasks."""

from .realtime import measure
from .service import Service, Sink
from .tables import table


def run(*, quick: bool) -> bool:
    """Measures, prints, and says whether every goal was met."""
    with Sink() as sink:
        service = Service(sink)
        service.prepare()
        service.start()
        try:
            service.wait_until_working()
            latencies, throughputs = measure(sink, scale=0.1 if quick else 1.0)
        finally:
            service.close()
    print("\nFrom commit to SMTP accept, milliseconds (embedded default: SQLite, ORM broker)\n")
    print(table(("load", "notices", "p50", "p95", "p99", "max", "goal"), [row.cells() for row in latencies]))
    print("\nNotices per second on the same cluster settings\n")
    print(table(("what", "notices", "seconds", "per second"), [row.cells() for row in throughputs]))
    ours, bare = throughputs
    ratio = ours.per_second / bare.per_second
    print(f"\nratio outbox / bare async_task(send_mail): {ratio:.2f} (goal >= 1.0)")
    return ratio >= 1.0 and all(row.met for row in latencies)
