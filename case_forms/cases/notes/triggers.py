"""Database triggers that let notes and changes of flags only grow.

The sealed columns are left out, which are emptied when the case is forgotten; so is the case, for a merge.
"""

from audit.triggers import KeptTable

NOTES = KeptTable(
    "cases_casenote",
    "case_note",
    "a note is never changed or deleted",
    columns=("id", "written_by_id", "written_at", "corrects_id"),
)
FLAG_CHANGES = KeptTable(
    "cases_flagchange",
    "flag_change",
    "the change of a flag is never changed or deleted",
    columns=("id", "key", "label", "is_set", "changed_by_id", "changed_at"),
)
