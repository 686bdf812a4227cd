"""Fill a database with cases and measure the staff's pages, in a process of its own with Django open.

python -m tests.bench.many_cases_inside ROUNDS SIZE ...
prints a line of JSON: {"pages": {page: {size: [p95 ms, p95 CPU ms, median CPU ms, queries]}}, "tasks": the same,
"stored": {size: {what: bytes}}, "entries": {size: of the audit chain}, "sealed": bytes for each case}

CPU time is this process's and, on PostgreSQL, that of the server's process that answers it.
"""

import gc
import json
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

from .tables import percentile

WARM_UP = 2


TASK_ROUNDS = 5  # at most

Table = dict[str, dict[str, list[float]]]


def main(rounds: int, sizes: list[int]) -> dict[str, Any]:
    from django.conf import settings
    from django.test import override_settings

    from notifications.silence.stored import catch_up

    from .many_cases_rows import Filler
    from .many_cases_tasks import get_tasks, measure_sealed, measure_stored

    # Nothing was collected here, and no page is asked for its files.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    override_settings(
        ALLOWED_HOSTS=["*"],
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    ).enable()
    _work_in_one_process()
    sealed = measure_sealed()
    filler = Filler()
    pages: Table = {}
    tasks: Table = {}
    stored: dict[str, dict[str, int]] = {"0": measure_stored()}
    entries: dict[str, int] = {}
    for size in sizes:
        began = time.monotonic()
        filler.fill_up_to(size)
        # What the service does in the minutes after it was upgraded: the stored figures of how institutions answer.
        assert catch_up(seconds=3600)
        print(f"{size:,} cases after {time.monotonic() - began:.0f} s", file=sys.stderr)
        stored[str(size)], entries[str(size)] = measure_stored(), filler.entries
        print(f"  {filler.entries:,} entries, {stored[str(size)]}", file=sys.stderr)
        for table, asked, times in ((pages, get_pages(size), rounds), (tasks, get_tasks(), min(rounds, TASK_ROUNDS))):
            for name, ask in asked:
                if not re.search(os.environ.get("BENCH_ONLY", ""), name):
                    continue
                table.setdefault(name, {})[str(size)] = found = measure(ask, times)
                print(f"  {name}: {' '.join(f'{figure:.0f}' for figure in found)}", file=sys.stderr)
    return {"pages": pages, "tasks": tasks, "stored": stored, "entries": entries, "sealed": sealed}


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
    from django.utils import timezone

    from access.models import Assignment, Region, User
    from access.staff.groups import follow_roles
    from case_forms.cases.finding.forms import PersonForm
    from case_forms.cases.finding.index import find_matches
    from case_forms.cases.models import Case, Deadline, Referral
    from case_forms.submissions.exports.selection import Filters, Outgoing
    from case_forms.submissions.models import Submission
    from notifications.outbox.models import Notice

    from .many_cases_audit import scatter
    from .many_cases_rows import CROWDED, EMPTY, UNIT

    def person(name: str, role: str, regions: Any = (), unit: Any = None) -> Client:
        user, is_new = User.objects.get_or_create(username=f"bench-{name}", defaults={"language": "en"})
        if is_new:
            for region in regions:
                Assignment.objects.create(user=user, role=role, region=region)
            if unit is not None:
                Assignment.objects.create(user=user, role=role, unit=unit)
            if not regions and unit is None:
                Assignment.objects.create(user=user, role=role)
            follow_roles(user)
        client = Client(SERVER_NAME="localhost")
        client.force_login(User.objects.get(pk=user.pk))
        return client

    national = person("national", "coordinator", Region.objects.all())
    crowded = person("crowded", "coordinator", Region.objects.filter(slug=CROWDED))
    empty = person("empty", "coordinator", Region.objects.filter(slug=EMPTY))
    worker = person("worker", "worker", unit=UNIT())
    auditor = person("auditor", "auditor")
    operator = person("operator", "operator")

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
    seen = scatter(1, size * 9 // 10)
    # One of those by whom the chain's entries are (`ChainWriter`): a hundredth of them, or more.
    busy = User.objects.filter(assignments__unit__isnull=False).exclude(username="bench-worker").order_by("pk")[0]
    last_month = timezone.localdate() - timedelta(days=30)
    chain = "/cms/audit/"
    of_form = Outgoing(
        Submission.objects.filter(case__reference="C0000001")[0].form_version.form,
        User.objects.get(username="bench-national"),
        Filters(since=last_month, until=last_month + timedelta(days=6)),
        language="en",
        labels=False,
    )
    pages += [
        ("case, who has read it", get(worker, f"/field/cases/{real.reference}/readers/")),
        ("case, its history", get(worker, f"/field/cases/{real.reference}/timeline/")),
        ("how institutions answer", get(national, "/cms/silence/")),
        ("answers out, the choice", get(national, "/field/answers/")),
        ("answers out, a week counted", lambda: of_form.submissions().count()),
        ("answers out, a week's first page", lambda: list(of_form.submissions()[:200])),
        ("tips", get(national, "/field/signals/")),
        ("record, newest", get(auditor, chain)),
        ("record, one kind", get(auditor, f"{chain}?what=case.opened")),
        ("record, a rare kind", get(auditor, f"{chain}?what=case.voided")),
        ("record, one person", get(auditor, f"{chain}?who={busy.username}")),
        ("record, one case", get(auditor, f"{chain}?target=case&target_id={seen}")),
        ("record, a day of long ago", get(auditor, f"{chain}?since={last_month}&until={last_month}")),
        ("record, a kind on a day", get(auditor, f"{chain}?what=case.opened&since={last_month}&until={last_month}")),
        ("operator's page", get(operator, "/cms/service/")),
        ("board", get(national, "/cms/board/")),
        ("figures for Prometheus", get(operator, "/metrics")),
        ("readiness", lambda: operator.get("/readyz")),
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
