"""No list of staff's pages is cut in silence: each limit in the code says who shows what is beyond it.

Sound for cuts of the kind `rows[:LIMIT]`, with a limit that has a name: each of them stands below, or the test fails.
What a page shows goes through `access.short_lists`, which counts the rest, or through a Paginator, and needs no line.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    "case_forms",
    "notifications",
    "outreach_pages",
    "content/reports",
    "site/access",
    "site/approvals",
    "site/config",
)
# Limits of a text's length, and of what was typed.
OF_TEXTS = ("LENGTH", "WORDS", "TEXT", "SHORT", "LONGEST", "MAX_KEY", "BYTES")

PASS = "a pass of the clock: what is left is due in the next one"
LOOKED_AT = "decides how something is looked up, and lists nothing"
TYPED = "part of what was typed or stored in one row"
COUNTED = "counted beside the list"
ALL_ELSEWHERE = "the newest few, beside the way to all of them"
FEED = "a feed, the earliest first: its last entry says that there is more in the app"

CUTS: dict[str, dict[str, str]] = {
    "case_forms/devices/pack.py": {
        "MAX_DAY": COUNTED,
        "MAX_KITS": COUNTED,
        "MAX_SESSIONS": COUNTED,
    },
    "notifications/silence/checking.py": {"AT_ONCE": "a pass goes on where the last look ended"},
    "outreach_pages/records/phones/which.py": {"MAX_OFFERED": "said beside the choice (`is_cut`)"},
    "case_forms/devices/taking.py": {"MAX_OFFERED": "drafts offered to a phone: the next one comes when one is taken"},
    "case_forms/devices/numbers.py": {
        "MAX_OFFICES": "the nearest numbers to call; all of them are in the directory",
        "MAX_PER_OFFICE": "the same",
    },
    "case_forms/cases/days/calendar.py": {"MAX_TASKS": FEED},
    "case_forms/cases/days/day.py": {"MAX_COUNTED": "“more than” is said"},
    "case_forms/cases/days/scope.py": {"MAX_NAMED": LOOKED_AT},
    "case_forms/cases/documents/content.py": {"CARD_LINES": "numbers on a pocket card, which has no more room"},
    "case_forms/cases/facts/risk.py": {"BATCH": PASS},
    "case_forms/cases/finding/asking.py": {"MAX_NAMED": COUNTED},
    "case_forms/cases/finding/home.py": {"MAX_COUNTED": "“more than” is said"},
    "case_forms/cases/finding/identity.py": {"MAX_PARTS": TYPED, "MAX_PHONES": TYPED},
    "case_forms/cases/finding/spelling.py": {"MAX_PARTS": TYPED},
    "case_forms/cases/history/seen_by.py": {"MAX_READERS": COUNTED, "MAX_TARGETS": COUNTED},
    "case_forms/cases/notes/reading.py": {"ON_CASE_PAGE": ALL_ELSEWHERE},
    "case_forms/cases/owner_clock.py": {"MAX_ROWS": PASS},
    "case_forms/cases/registers/by_fact.py": {"MAX_LOOKED": COUNTED},
    "case_forms/cases/registers/exporting.py": {"MAX_ROWS": "refused beyond"},
    "case_forms/cases/most_urgent.py": {"MAX_LISTED": LOOKED_AT, "MAX_NAMED": LOOKED_AT},
    "case_forms/cases/registers/paging.py": {"MAX_COUNTED": "“more than” is said"},
    "case_forms/cases/registers/scope.py": {"MAX_FEW": LOOKED_AT},
    "case_forms/expressions/satisfiability.py": {"MAX_MEMBERS": LOOKED_AT},
    "case_forms/form_builder/choice_lists.py": {"MAX_REPORTED": COUNTED},
    "case_forms/form_builder/editing.py": {"MAX_REPORTED": COUNTED},
    "case_forms/form_builder/xlsform/sections.py": {"MAX_ITEMS": "rows of a section, which goes on in the next"},
    "case_forms/form_builder/xlsform/workbook.py": {"MAX_NOTES": TYPED, "MAX_COLUMNS": TYPED},
    "case_forms/procedure_editor/editing.py": {"MAX_REPORTED": COUNTED},
    "case_forms/procedures/form_guard_messages.py": {"OUTER_STEPS": TYPED},
    "case_forms/procedures/in_motion.py": {"MAX_TOLD": "of what one rule misses; the rest follows from it"},
    "case_forms/cases/referring/untold.py": {"MAX_LOOKED_AT": LOOKED_AT, "MAX_NOTICES": PASS},
    "case_forms/reports/views.py": {"VISITS_SHOWN": COUNTED},
    "case_forms/session_requests/purge.py": {"AT_MOST": PASS},
    "case_forms/session_requests/reading.py": {"MAX_ON_HOME": COUNTED},
    "case_forms/session_rules/calendar.py": {"MAX_TASKS": FEED},
    "case_forms/simulation/replay.py": {"MAX_ROWS": PASS, "MAX_REFERENCES": COUNTED},
    "case_forms/simulation_pages/replay_pages.py": {"MAX_SHOWN": COUNTED},
    "case_forms/submissions/case_purge.py": {"AT_MOST": PASS},
    "case_forms/submissions/dashboard.py": {"MAX_SENT": ALL_ELSEWHERE, "MAX_NAMED": LOOKED_AT},
    "case_forms/submissions/drill_ending.py": {"AT_MOST": PASS},
    "case_forms/submissions/erasure_proof.py": {"AT_MOST": PASS},
    "case_forms/submissions/drafts/ending.py": {"AT_MOST": PASS},
    "case_forms/submissions/identity_index.py": {"BATCH": PASS},
    "case_forms/submissions/outreach_visits.py": {
        "MAX_VISITS": "opened for their place; the others of the last days are choices by their day and unit"
    },
    "case_forms/submissions/purge.py": {"AT_MOST": PASS},
    "case_forms/submissions/same_person.py": {
        "MAX_CASES": "the likeliest, in a question that can be answered “another”"
    },
    "case_forms/submissions/views/moving.py": {
        "MAX_LIKELY": "the likeliest, beside a field for any reference",
        "MAX_OWN": "offered while a reference is typed; any other can be typed, too",
    },
    "case_forms/submissions/validation/validator.py": {"MAX_UNKNOWN": TYPED},
    "case_forms/tips/codes.py": {"MAX_MEANINGS": TYPED},
    "case_forms/tips/dashboard.py": {"MAX_ON_HOME": COUNTED, "MAX_OPEN": COUNTED},
    "case_forms/tips/purge.py": {"AT_MOST": PASS},
    "case_forms/tips/views.py": {"ON_A_PAGE": TYPED, "MAX_CLOSED": COUNTED},
    "content/reports/lists.py": {
        "MAX_ENTRIES": "entries of the last days that are looked at, beside Wagtail's own history"
    },
    "content/reports/panels.py": {"MAX_SHOWN": COUNTED},
    "notifications/outbox/bounces/mailbox.py": {"MAX_MAILS": PASS},
    "notifications/outbox/bounces/reports.py": {"MAX_PARTS": TYPED, "MAX_RECIPIENTS": TYPED},
    "notifications/outbox/bounces/return_path.py": {"HASH_LETTERS": TYPED},
    "notifications/channels/outgoing_http.py": {"MAX_ADDRESSES": LOOKED_AT},
    "notifications/briefs/old_documents.py": {"PORTION": PASS},
    "notifications/briefs/waiting.py": {"MAX_LOOKED_AT": LOOKED_AT},
    "notifications/briefs/further.py": {"MAX_CHAINS": PASS},
    "notifications/briefs/floods.py": {"MAX_COMPARED": "texts that a new one is compared with; no list"},
    "notifications/briefs/pages.py": {"MAX_NEWEST": COUNTED},
    "notifications/briefs/talk/pages.py": {"MAX_SHOWN": ALL_ELSEWHERE},
    "notifications/briefs/talk/telling.py": {"MAX_ROWS": PASS},
    "notifications/directory/call_list.py": {"MAX_PER_KIND": "somebody to call, those on duty first"},
    "notifications/directory/coverage.py": {"MAX_NAMED": COUNTED},
    "notifications/escalation/audit_reader.py": {"PAGE": "pages"},
    "notifications/escalation/beside.py": {"MAX_NOTICES": PASS},
    "notifications/escalation/chain_watch.py": {
        "AT_MAX_NAMED": "rows of an alarm; it says how many there are",
        "MAX_NAMED": COUNTED,
    },
    "notifications/escalation/clock.py": {"MAX_STEPS": PASS},
    "notifications/escalation/digest.py": {"MAX_LINES": COUNTED, "MAX_NOTICES": PASS},
    "notifications/escalation/views.py": {"SHOWN": COUNTED},
    "notifications/channels/gateways/incoming.py": {"MAX_ENTRIES": "a request as long as is taken holds no more"},
    "notifications/channels/gateways/spool.py": {"MAX_FILES": PASS},
    "notifications/directory/filling/ical.py": {"MAX_ERRORS": "put right, and read again"},
    "notifications/directory/own_duty/calendar.py": {"MAX_EVENTS": "of half a year; more than one person's shifts"},
    "notifications/directory/own_duty/mails.py": {"MAX_MAILS_PER_RUN": PASS},
    "notifications/directory/own_duty/page.py": {"MAX_SHOWN": "of three months; more than one person's shifts"},
    "site/config/sandbox/phone_store.py": {"KEPT": "the sandbox forgets what is older"},
    "notifications/outbox/ways/sending.py": {
        "MAX_TOGETHER": "the next batch, at once",
        "NOTICE_BATCH": "the next batch, at once",
    },
    "notifications/text_pages/views.py": {"MAX_WRITTEN": TYPED, "MAX_REASON": TYPED},
    "notifications/texts/ways.py": {"MAX_CODES": "the message says how many more there are"},
    "notifications/outbox/repeating.py": {"MAX_CHAINS": PASS, "MAX_ROWS": PASS},
    "notifications/outbox/sweep.py": {"MAX_IDS": PASS},
    "outreach_pages/handouts.py": {"MAX_LINES": "lines of a handout, which has no more room"},
    "outreach_pages/pages/materials.py": {"MAX_REFERENCES": LOOKED_AT},
    "outreach_pages/records/calendar_tasks.py": {"MAX_TASKS": FEED},
    "outreach_pages/records/phones/ending.py": {"AT_MOST": PASS},
    "outreach_pages/records/no_names.py": {
        "MAX_NAMED": "words of one text that are pointed out before it is saved again"
    },
    "site/approvals/kinds.py": {"MAX_SHOWN": COUNTED},
    "site/approvals/mailing.py": {"MAX_AT_ONCE": PASS},
    "site/access/sign_in_limits.py": {"MAX_PEOPLE": LOOKED_AT},
    "site/config/sandbox/store.py": {"KEPT": "mails that a sandbox deletes"},
    "site/config/sandbox/push_service.py": {"KEPT": "pushes to invented phones, the newest"},
    "site/config/waiting_panel.py": {"MAX_OFFICES": COUNTED},
    "site/config/watch/page.py": {"SHOWN": "the newest messages to operators; the record and the log hold all"},
}


def test_every_cut_of_a_list_says_who_shows_the_rest() -> None:
    found = defaultdict(set)
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if not {"tests", "migrations", "management"} & set(path.relative_to(ROOT).parts):
                for limit in find_cuts(ast.parse(path.read_text(encoding="utf-8"))):
                    found[str(path.relative_to(ROOT))].add(limit)
    assert found == {path: set(limits) for path, limits in CUTS.items()}


def test_a_cut_is_found_however_it_is_written() -> None:
    written = "a[:MAX_A], b[: MAX_B + 1], list(c.order_by('x')[:module.AT_MOST]), d[:MAX.get(e)], f[:2], g[:MAX_LENGTH]"
    assert set(find_cuts(ast.parse(written))) == {"MAX_A", "MAX_B", "AT_MOST", "MAX"}


def find_cuts(tree: ast.AST) -> Iterator[str]:
    """Yield the named limits of slices that begin at the beginning."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice):
            continue
        if node.slice.lower is not None or node.slice.upper is None:
            continue
        for part in ast.walk(node.slice.upper):
            name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
            if name.isupper() and not any(word in name for word in OF_TEXTS):
                yield name
