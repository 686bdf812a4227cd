"""Database triggers that let the ledger and the gate's decisions only grow.

The sealed columns are left out: what they hold is forgotten when its term is over. So is `ended_at`, the clock's note.
"""

from audit.triggers import KeptTable

CONSENTS = KeptTable(
    "cases_consententry",
    "consent_entry",
    "an entry of the consent ledger is never changed or deleted",
    columns=(
        "id",
        "case_id",
        "act",
        "submission_id",
        "purpose",
        "role",
        "partner_id",
        "answer",
        "kind",
        "legal_basis",
        "representative",
        "may_be_involved",
        "until",
        "occurred_at",
        "recorded_at",
        "recorded_by_id",
    ),
)
DECISIONS = KeptTable(
    "cases_sharingdecision",
    "sharing_decision",
    "a decision about sharing is never changed or deleted",
    columns=("id", "case_id", "event_id", "role", "partner_id", "is_allowed", "basis", "code", "claimed", "at"),
)
