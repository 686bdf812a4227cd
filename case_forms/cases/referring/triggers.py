"""Database triggers that let the steps of referrals only grow.

Left out are the sealed column, which is forgotten with its case, and the case, which a merge changes.
"""

from audit.triggers import KeptTable

STEPS = KeptTable(
    "cases_referralstep",
    "referral_step",
    "a step of a referral is never changed or deleted",
    columns=("id", "referral_id", "kind", "way", "at", "by_id", "contact_id", "reason", "due_at"),
)
