"""Database triggers that let the steps of referrals only grow.

Left out are the sealed column, which is forgotten with its case, and the case, which a merge changes.
"""

from audit.triggers import KeptTable

# The columns that there were when the triggers were made first (migration 0012).
FIRST = ("id", "referral_id", "kind", "way", "at", "by_id", "contact_id", "reason", "due_at")
REFUSAL = "a step of a referral is never changed or deleted"
STEPS = KeptTable("cases_referralstep", "referral_step", REFUSAL, columns=FIRST)
STEPS_WITH_OFFICE = KeptTable("cases_referralstep", "referral_step", REFUSAL, columns=(*FIRST, "office_id"))
