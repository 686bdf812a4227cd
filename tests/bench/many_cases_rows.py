"""Rows for the bench: a real case of the demo, copied by the database itself as often as is asked.

A case has an event, two tasks, three notices with an attempt and an answer each, a referral, a submission, a fact, four
entries of the blind index and twenty of the audit chain (`many_cases_audit`). The 500 newest are open, as many as the
units could follow, whatever the size; the rest is what years leave. What is sealed is one short constant or nothing,
but for the facts that a page opens: those are sealed as the service does, each under the key of its case. Keys of rows
are scattered, as random ones are.
"""

# ruff: noqa: S608 (the statements are made of this module's own constants and numbers)
from typing import Any

from django.db import connection, transaction

from vault.fields import SealedField

from .many_cases_audit import ChainWriter, check_ends

OPEN = 500
SEALED = "'sealed'"
CROWDED, EMPTY = "vlore", "kukes"  # a region with a tenth of the cases, and one with a handful
STEP_MINUTES = 7  # between two cases: a million of them are 13 years
FEW = range(400, 10_001, 400)  # the cases of the region with few: as many at each size


def UNIT() -> Any:
    from access.models import MobileUnit

    return MobileUnit.objects.filter(region__slug=CROWDED).order_by("pk")[0]


class Filler:
    """Copies the template's rows. Secondary indexes are built after the rows, which is many times faster."""

    def __init__(self) -> None:
        from access.models import User
        from audit.models import AuditEntry
        from case_forms.cases.models import Case, CaseFact, Deadline, Referral
        from case_forms.submissions.models import Submission
        from notifications.directory.models import Contact
        from notifications.outbox.models import Attempt, Notice, Reply, ReplyKind

        # Of an earlier run on the same database.
        self.made = Case.objects.filter(reference__gte="C0000000", reference__lte="C9999999").count()
        self.entries = AuditEntry.objects.count()
        self.is_postgres = connection.vendor == "postgresql"
        submission = Submission.objects.filter(case__isnull=False).order_by("received_at")[0]
        assert submission.case is not None
        self.case: Case = submission.case
        self.event = self.case.events.order_by("at")[0]
        self.submission = submission
        self.notice = Notice.objects.filter(case_id=self.case.pk, contact__isnull=False).order_by("owed_at")[0]
        assert self.notice.partner is not None
        self.duty = Deadline.objects.filter(case=self.case).order_by("pk")[0]
        self.referral, _made = Referral.objects.get_or_create(
            case=self.case, event=self.event, defaults={"partner": self.notice.partner, "services": ["shelter"]}
        )
        self.fact = CaseFact.objects.order_by("pk").first()
        self.attempt, _made = Attempt.objects.get_or_create(
            notice=self.notice, number=1, token=1, defaults={"channel": "email", "address": "bench@example.org"}
        )
        self.reply, _made = Reply.objects.get_or_create(notice=self.notice, kind=ReplyKind.ACCEPTED)
        self.chain = ChainWriter(
            users=list(
                User.objects.filter(assignments__unit__isnull=False).order_by("pk").values_list("pk", flat=True)
            ),
            contacts=list(Contact.objects.order_by("pk").values_list("pk", flat=True)),
            step=STEP_MINUTES,
            open_cases=OPEN,
        )

    def fill_up_to(self, size: int) -> None:
        if size <= self.made:
            return
        tables = ["cases_case", "cases_caseevent", "cases_deadline", "outbox_notice", "cases_referral"]
        tables += ["intake_submission", "cases_casefact", "cases_identitytoken", "outbox_attempt", "outbox_reply"]
        tables += ["audit_auditentry"]
        with connection.cursor() as cursor:
            if not self.is_postgres:
                # No journal: each row is written once. A run that dies here leaves a database that nobody needs.
                settings = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF")
                for setting in (*settings, "temp_store=MEMORY"):
                    cursor.execute(f"PRAGMA {setting}")
            else:
                cursor.execute("SET session_replication_role = replica")
                cursor.execute("SET maintenance_work_mem = '1GB'")
            indexes = self._drop_indexes(cursor, tables)
            for fill in (self._cases, self._others):
                fill(cursor, self.made + 1, size)
            self.entries = self.chain.write(cursor, self.made + 1, size)
            for sql in indexes:
                cursor.execute(sql)
            if self.is_postgres:
                cursor.execute("SET session_replication_role = DEFAULT")
                cursor.execute("VACUUM ANALYZE")
            else:
                cursor.execute("PRAGMA journal_mode=WAL")
                cursor.execute("PRAGMA synchronous=FULL")
                cursor.execute("PRAGMA cache_size=-16000")
                cursor.execute("PRAGMA foreign_keys=ON")
        self._seal_facts()
        check_ends()
        self.made = size

    def _seal_facts(self) -> None:
        """Seal the facts that the register's filter by exploitation opens, of the crowded region's newest cases."""
        from case_forms.cases.models import Case, CaseFact
        from case_forms.cases.registers.by_fact import MAX_LOOKED
        from vault import data_keys

        newest = Case.objects.filter(region__slug=CROWDED).order_by("-opened_at").values_list("pk", flat=True)
        with transaction.atomic():
            facts = list(CaseFact.objects.filter(case__in=list(newest[: MAX_LOOKED + 1]), key="exploitation"))
            for number, fact in enumerate(facts):
                if not data_keys.has_key(fact.case_id):  # of an earlier size: the newest stay the newest
                    data_keys.create(fact.case_id)
                    fact.value = {"value": ["sexual" if number % 3 else "labour"]}
                    fact.save(update_fields=["value"])

    def _drop_indexes(self, cursor: Any, tables: list[str]) -> list[str]:
        """Drop what isn't part of a table's own constraints. Return the statements that build it again."""
        names = ", ".join(f"'{name}'" for name in tables)
        if self.is_postgres:
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN "
                f"({names}) AND indexname NOT IN (SELECT conname FROM pg_constraint)"
            )
        else:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
                f" AND tbl_name IN ({names})"
            )
        found = cursor.fetchall()
        for name, _sql in found:
            cursor.execute(f'DROP INDEX "{name}"')
        return [sql for _name, sql in found] + (self._drop_unique_hash(cursor) if self.is_postgres else [])

    @staticmethod
    def _drop_unique_hash(cursor: Any) -> list[str]:
        """A constraint over twenty million scattered hashes is built once, too."""
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'audit_auditentry'::regclass AND contype = 'u'"
        )
        (name,) = cursor.fetchone()
        cursor.execute(f'ALTER TABLE audit_auditentry DROP CONSTRAINT "{name}"')
        return [f'ALTER TABLE audit_auditentry ADD CONSTRAINT "{name}" UNIQUE (hash)']

    # ---- SQL in both dialects

    def _uuid(self, tag: int, number: str = "n") -> str:
        """A scattered key made of a tag and a number: the same wherever it is asked for."""
        scattered = f"(({number}) * 2654435761) % 4294967296"
        if self.is_postgres:
            return (
                f"(lpad(to_hex(({scattered})::bigint), 8, '0') || lpad(to_hex({tag}), 4, '0')"
                f" || '4000' || '8000' || lpad(to_hex(({number})::bigint), 12, '0'))::uuid"
            )
        return f"printf('%08x%04x40008000%012x', {scattered}, {tag}, {number})"

    def _at(self, minutes: str) -> str:
        """So many minutes before now; a number below zero is ahead of it."""
        if self.is_postgres:
            return f"now() - ({minutes}) * interval '1 minute'"
        # With six digits, as Django writes it: SQLite compares moments as texts.
        return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', printf('%+d minutes', -({minutes})))"

    def _day(self, day: str) -> str:
        return f"'{day}'::date" if self.is_postgres else f"'{day}'"

    def _text(self, head: str, number: str, digits: int) -> str:
        if self.is_postgres:
            return f"'{head}' || lpad(({number})::text, {digits}, '0')"
        return f"printf('{head}%0{digits}d', {number})"

    def _numbers(self, first: int, last: int) -> str:
        if self.is_postgres:
            return f"generate_series({first}::bigint, {last}::bigint) AS s(n)"
        counted = f"SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last}"
        return f"(WITH RECURSIVE s(n) AS ({counted}) SELECT n FROM s) AS s"

    def _copy(self, cursor: Any, row: Any, first: int, last: int, **changed: str) -> None:
        """Copy a row for each number; `changed`: SQL over `n` by column."""
        for field in row._meta.concrete_fields:
            if isinstance(field, SealedField) and not field.null:
                changed.setdefault(str(field.column), SEALED)
        columns = [field.column for field in row._meta.concrete_fields if field.column != "id" or "id" in changed]
        quoted = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(changed.get(name, f't."{name}"') for name in columns)
        key = row.pk.hex if hasattr(row.pk, "hex") and not self.is_postgres else str(row.pk)
        cursor.execute(
            f'INSERT INTO "{row._meta.db_table}" ({quoted}) SELECT {values} FROM {self._numbers(first, last)}'
            f""" CROSS JOIN "{row._meta.db_table}" AS t WHERE t.id = '{key}'"""
        )

    # ---- the rows

    def _cases(self, cursor: Any, first: int, last: int) -> None:
        from access.models import MobileUnit

        units = list(MobileUnit.objects.filter(region__is_outreach=True).exclude(region__slug=EMPTY).order_by("pk"))
        few = MobileUnit.objects.filter(region__slug=EMPTY).first()
        by_unit = " ".join(f"WHEN {number} THEN {unit.pk}" for number, unit in enumerate(units))
        by_region = " ".join(f"WHEN {number} THEN {unit.region_id}" for number, unit in enumerate(units))
        from access.models import Region

        empty = Region.objects.get(slug=EMPTY).pk
        unit = f"(CASE n % {len(units)} {by_unit} END)"
        region = f"(CASE n % {len(units)} {by_region} END)"
        if few is not None:
            unit = f"(CASE WHEN n IN {tuple(FEW)} THEN {few.pk} ELSE {unit} END)"
        true, false = ("true", "false") if self.is_postgres else ("1", "0")
        closed = self._at(f"n * {STEP_MINUTES} - 3")
        self._copy(
            cursor,
            self.case,
            first,
            last,
            id=self._uuid(1),
            reference=self._text("C", "n", 7),
            unit_id=unit,
            region_id=f"(CASE WHEN n IN {tuple(FEW)} THEN {empty} ELSE {region} END)",
            status="(CASE n % 20 WHEN 0 THEN 'victim' WHEN 1 THEN 'at_risk' WHEN 2 THEN 'suspected' "
            "ELSE 'potential_victim' END)",
            child_track=f"(CASE WHEN n % 4 = 0 THEN {true} ELSE {false} END)",
            opened_at=self._at(f"n * {STEP_MINUTES}"),
            closed_at=f"(CASE WHEN n <= {OPEN} THEN NULL ELSE {closed} END)",
            # What is due is forgotten each hour, so none of those that are there is due.
            forget_after=f"(CASE WHEN n <= {OPEN} THEN NULL ELSE {self._day('2099-01-01')} END)",
        )

    def _others(self, cursor: Any, first: int, last: int) -> None:
        case, event = self._uuid(1), self._uuid(2)
        at = self._at(f"n * {STEP_MINUTES}")
        is_open = f"n <= {OPEN}"
        empty = "'{}'"
        event_only = {"notice_id": "NULL", "explanation": "NULL", "detail": empty}
        self._copy(cursor, self.event, first, last, id=event, case_id=case, at=at, **event_only)
        self._copy(
            cursor,
            self.submission,
            first,
            last,
            id=self._uuid(3),
            case_id=case,
            received_at=at,
            occurred_at=at,
            corrects_id="NULL",
            forget_after=self._day("2099-01-01"),
            fingerprint=self._text("f", "n", 9),
        )
        self._copy(
            cursor,
            self.referral,
            first,
            last,
            id=self._uuid(4),
            case_id=case,
            event_id=event,
            made_at=at,
            notice_id=self._uuid(10),
            state=f"(CASE WHEN {is_open} THEN 'pending' ELSE 'accepted' END)",
        )
        for number in range(2):
            passed = f"(CASE WHEN {is_open} AND n % 10 = {number} THEN {at} ELSE NULL END)"
            self._copy(
                cursor,
                self.duty,
                first,
                last,
                case_id=case,
                event_id=event,
                key=f"'duty_{number}'",
                starts_at=at,
                notice_id="NULL",
                amber_at=passed,
                red_at=passed,
                breach_at="NULL",
                next_mark_at=f"(CASE WHEN {is_open} THEN {self._at('-10000')} ELSE NULL END)",
                ended_at="NULL",
                met_at=f"(CASE WHEN {is_open} THEN NULL ELSE {at} END)",
            )
        for number in range(3):
            settled = f"(CASE WHEN {is_open} THEN NULL ELSE {at} END)"
            self._copy(
                cursor,
                self.notice,
                first,
                last,
                id=self._uuid(10 + number),
                case_id=case,
                event_id=event,
                owed_at=at,
                sent_at=at,
                case_reference=self._text("C", "n", 7),
                code=self._text("klm"[number], "n", 8),
                recipient_key=f"'bench-{number}'",
                chase_id=self._uuid(10 + number),
                chases_id="NULL",
                link_hash=self._text(f"bench{number}", "n", 9),
                attempts="1",
                reason="''",
                opened_at=settled,
                accepted_at=settled,
                delivered_at="NULL",
                declined_at="NULL",
                escalated_at="NULL",
                closed_at="NULL",
                cancelled_at="NULL",
                lease_until="NULL",
                next_attempt_at="NULL",
                next_step_at=f"(CASE WHEN {is_open} THEN {self._at('-10000')} ELSE NULL END)",
                answer_by=self._at("-60"),
                state=f"(CASE WHEN {is_open} THEN 'sent' ELSE 'accepted' END)",
            )
            notice = self._uuid(10 + number)
            sent = {"started_at": at, "finished_at": at, "outcome": "'accepted'", "dispatch_id": "NULL"}
            self._copy(cursor, self.attempt, first, last, notice_id=notice, **sent)
            self._copy(cursor, self.reply, first, last, id=self._uuid(40 + number), notice_id=notice, at=at)
        if self.fact is not None:
            self._copy(
                cursor,
                self.fact,
                first,
                last,
                id=self._uuid(20),
                case_id=case,
                key="'exploitation'",
                submission_id="NULL",
                occurred_at=at,
                received_at=at,
                form_version_id="NULL",
            )
        for number in range(4):
            digest = self._uuid(30 + number)
            plain = f"replace({digest}::text, '-', '')" if self.is_postgres else digest
            cursor.execute(
                "INSERT INTO cases_identitytoken (digest, key_id, case_id, submission_id)"
                f" SELECT {plain}, 'bench', {case}, {self._uuid(3)} FROM {self._numbers(first, last)}"
            )
