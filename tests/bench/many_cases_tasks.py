"""What grows beside the pages of many cases: the service's tasks of each second, minute and hour, and what is stored.

A task is measured inside a transaction that is rolled back, so each round finds the same. Those that reach another
machine are left out (the mailbox, gateways, publish webhooks), and the chain's watch, which reads for two seconds
whatever there is.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

LEFT_OUT = ("read_mailbox", "spools.read_all", "publish_webhooks", "chain_watch")
# What a case brings along, by the tables that hold it.
STORED = {
    "audit chain": ("audit_auditentry",),
    "notices": ("outbox_notice", "outbox_attempt", "outbox_reply"),
    "cases and forms": (
        *("cases_case", "cases_caseevent", "cases_deadline", "cases_referral", "cases_casefact"),
        *("cases_identitytoken", "intake_submission"),
    ),
}


def get_tasks() -> list[tuple[str, Callable[[], Any]]]:
    """(name, one run) of each step of the sweeper and of each task that it enqueues."""
    from django.conf import settings
    from django.utils.module_loading import import_string

    from audit.due import advance_clocks, find_stranded_rows
    from case_forms.cases.models import Case
    from notifications.briefs.further import send_due_alarms
    from notifications.escalation.clock import advance
    from notifications.escalation.digest import send_digests
    from notifications.escalation.findings import collect_findings, delete_settled_rows, get_stranded_notices
    from notifications.outbox.repeating import backfill_chase_ids, merge_repeated_notices
    from notifications.outbox.sweep import sweep

    assert Case.objects.exists()
    steps: list[tuple[str, Callable[[], Any]]] = [
        (f"second: {do.__module__.rpartition('.')[2]}.{do.__name__}", partial(_do_now, do))
        for do in (advance, advance_clocks, send_due_alarms, sweep, collect_findings)
    ]
    steps += [
        (f"minute: {do.__name__}", partial(_do_now, do))
        for do in (merge_repeated_notices, delete_settled_rows, get_stranded_notices, find_stranded_rows, send_digests)
    ]
    steps.append(("minute: backfill_chase_ids", backfill_chase_ids))
    for often, paths in (("minute", settings.EACH_MINUTE), ("hour", settings.HOUSEKEEPING)):
        for path in paths:
            if not any(each in path for each in LEFT_OUT):
                name = ".".join(path.split(".")[-3:])
                steps.append((f"{often}: {name}", partial(import_string(path), "")))
    return [(name, partial(_rolled_back, do)) for name, do in steps]


def _do_now(do: Callable[[Any], Any]) -> None:
    from django.utils import timezone

    do(timezone.now())


def _rolled_back(do: Callable[[], Any]) -> None:
    from django.db import transaction

    with transaction.atomic():
        do()
        transaction.set_rollback(True)


def measure_sealed() -> int:
    """Bytes for each case of what is sealed in its rows, on average of the demo's own; the copies hold one word.

    Ask it before any are made. PDFs and files aren't in it: the demo has none to speak of.
    """
    from django.db.models import Avg, FloatField
    from django.db.models.expressions import RawSQL

    from case_forms.cases.models import CaseEvent, CaseFact
    from case_forms.submissions.models import Submission
    from notifications.outbox.models import Notice
    from vault.fields import SealedField

    each = 0.0
    for model, many in ((Submission, 1), (Notice, 3), (CaseEvent, 1), (CaseFact, 1)):
        for field in model._meta.concrete_fields:
            if isinstance(field, SealedField):
                # Of the column as it is stored, which the field's own functions don't show.
                stored = RawSQL(f'length("{model._meta.db_table}"."{field.column}")', (), FloatField())  # noqa: S611
                each += many * (model._default_manager.order_by().aggregate(size=Avg(stored))["size"] or 0)
    return round(each)


def measure_stored() -> dict[str, int]:
    """{what: bytes, with its indexes}, and "the whole database"."""
    from django.db import connection

    with connection.cursor() as cursor:

        def ask(statement: str, *values: Any) -> int:
            cursor.execute(statement, values)
            return int(cursor.fetchone()[0] or 0)

        if connection.vendor == "postgresql":
            one, whole = "SELECT pg_total_relation_size(%s)", "SELECT pg_database_size(current_database())"
            found = {what: sum(ask(one, table) for table in tables) for what, tables in STORED.items()}
        else:
            # SQLite as Python brings it has no table of its pages' use, so only the whole is known.
            whole = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            found = {}
        return found | {"the whole database": ask(whole)}
