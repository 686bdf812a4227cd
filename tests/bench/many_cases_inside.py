"""Fill a database with cases and measure the staff's pages, in a process of its own with Django open.

python -m tests.bench.many_cases_inside ROUNDS SIZE ...
prints a line of JSON: {page: {size: [p95 ms, p95 CPU ms, median CPU ms, queries]}}

CPU time is this process's and, on PostgreSQL, that of the server's process that answers it.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

from .tables import percentile

WARM_UP = 2


def main(rounds: int, sizes: list[int]) -> dict[str, dict[str, list[float]]]:
    from django.conf import settings
    from django.test import override_settings

    from .many_cases_rows import Filler

    # Nothing was collected here, and no page is asked for its files.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    override_settings(ALLOWED_HOSTS=["*"], STORAGES={**settings.STORAGES, "staticfiles": plain}).enable()
    _work_in_one_process()
    filler = Filler()
    found: dict[str, dict[str, list[float]]] = {}
    for size in sizes:
        began = time.monotonic()
        filler.fill_up_to(size)
        print(f"{size:,} cases after {time.monotonic() - began:.0f} s", file=sys.stderr)
        for page, ask in get_pages(size):
            found.setdefault(page, {})[str(size)] = measure(ask, rounds)
            print(f"  {page}: {found[page][str(size)]}", file=sys.stderr)
    return found


def _work_in_one_process() -> None:
    """Have PostgreSQL answer without processes beside the one whose CPU time is read; theirs would be missing."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ALTER DATABASE vatra SET max_parallel_workers_per_gather = 0")
        connection.close()


def measure(ask: Callable[[], Any], rounds: int) -> list[float]:
    """[p95 ms, p95 CPU ms, median CPU ms, queries] of a page that has been asked for before."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _time in range(WARM_UP):
        with CaptureQueriesContext(connection) as captured:
            ask()
        # Now: the next request empties the connection's log.
        queries = len(captured)
    # As the supervisor does before it starts the servers: no collection looks at what was loaded once.
    gc.freeze()
    took, worked = [], []
    for _round in range(rounds):
        wall, cpu = time.perf_counter(), _read_cpu_seconds()
        ask()
        took.append((time.perf_counter() - wall) * 1000)
        worked.append((_read_cpu_seconds() - cpu) * 1000)
    return [percentile(took, 0.95), percentile(worked, 0.95), percentile(worked, 0.5), queries]


def _read_cpu_seconds() -> float:
    """Return the CPU time of this process, and of the one that answers it on a PostgreSQL of this machine."""
    from django.db import connection

    spent = time.process_time()
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        # The first number: nanoseconds on a processor. `stat` counts in hundredths of a second, as long as a request.
        spent += int(Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e9
    return spent


def get_pages(size: int) -> list[tuple[str, Callable[[], Any]]]:
    """(name, a request) of each page, as the person who opens it."""
    from django.test import Client

    from access.models import Assignment, Region, User
    from access.staff.groups import follow_roles
    from case_forms.cases.finding.forms import PersonForm
    from case_forms.cases.finding.index import find_matches
    from case_forms.cases.models import Case, Deadline, Referral
    from case_forms.submissions.models import Submission
    from notifications.outbox.models import Notice

    from .many_cases_rows import CROWDED, EMPTY, UNIT

    def person(name: str, role: str, regions: Any = (), unit: Any = None) -> Client:
        user, is_new = User.objects.get_or_create(username=f"bench-{name}", defaults={"language": "en"})
        if is_new:
            for region in regions:
                Assignment.objects.create(user=user, role=role, region=region)
            if unit is not None:
                Assignment.objects.create(user=user, role=role, unit=unit)
            follow_roles(user)
        client = Client(SERVER_NAME="localhost")
        client.force_login(User.objects.get(pk=user.pk))
        return client

    national = person("national", "coordinator", Region.objects.all())
    crowded = person("crowded", "coordinator", Region.objects.filter(slug=CROWDED))
    empty = person("empty", "coordinator", Region.objects.filter(slug=EMPTY))
    worker = person("worker", "worker", unit=UNIT())

    def get(client: Client, path: str) -> Callable[[], Any]:
        def ask() -> None:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            assert answer.content

        return ask

    def deep(model: Any, field: str) -> str:
        """The address of what would be page 2,000 (or of nine tenths of the way, where there are fewer)."""
        at = min(100_000, size * 9 // 10)
        row = model.objects.order_by(f"-{field}", "-pk").values_list(field, "pk")[at]
        return f"?after={row[0].isoformat().replace('+', '%2B')}~{row[1]}"

    registers = {
        "cases": ("/cms/cases/case/", Case, "opened_at"),
        "referrals": ("/cms/cases/referral/", Referral, "made_at"),
        "tasks": ("/cms/cases/deadline/", Deadline, "starts_at"),
        "submissions": ("/cms/intake/submission/", Submission, "received_at"),
        "notices": ("/cms/outbox/notice/", Notice, "owed_at"),
    }
    pages: list[tuple[str, Callable[[], Any]]] = []
    for name, (path, model, field) in registers.items():
        pages += [
            (f"{name}, page 1", get(national, path)),
            (f"{name}, page 2,000", get(national, path + deep(model, field))),
            (f"{name}, one region", get(crowded, path)),
            (f"{name}, a region with few", get(empty, path)),
            (f"{name}, searched", get(national, f"{path}?q=C00000")),
        ]
    unit = UNIT()
    real = Case.objects.filter(unit=unit).exclude(reference__startswith="C0").order_by("-opened_at")[0]
    register = "/cms/cases/case/"
    pages += [
        ("cases, by status", get(national, f"{register}?status__exact=victim")),
        ("cases, by region and unit", get(national, f"{register}?region={unit.region_id}&unit={unit.pk}")),
        ("cases, children of a region", get(crowded, f"{register}?age=child")),
        ("cases, clock red", get(national, f"{register}?clock=red")),
        ("cases, clock green", get(national, f"{register}?clock=green")),
        ("cases, overdue", get(national, f"{register}?overdue=1")),
        ("cases, exploitation", get(crowded, f"{register}?exploitation=sexual")),
        ("notices, failed", get(national, "/cms/outbox/notice/?state__exact=failed")),
        ("tasks, to be done", get(national, "/cms/cases/deadline/?done=waiting")),
        ("start page, coordinator", get(national, "/field/")),
        ("start page, worker", get(worker, "/field/")),
        ("my day, coordinator", get(national, "/field/day/")),
        ("my day, worker", get(worker, "/field/day/")),
        ("case page", get(worker, f"/field/cases/{real.reference}/")),
        ("search by reference", lambda: worker.post("/field/find/", {"reference": real.reference})),
    ]
    form = PersonForm({"name": "Ana Hoxha", "born": "2009"})
    assert form.is_valid()
    identity = form.get_identity()
    # The page itself answers at whole steps of time, and twenty times a day.
    pages.append(("search by fact, the index alone", lambda: find_matches(identity)))
    return pages


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main(int(sys.argv[1]), [int(size) for size in sys.argv[2:]])))
