"""The closed vocabularies and the limits of a definition (docs/form-definition.md).

Imports nothing else of this room, so that every module may read it.
"""

import json
from pathlib import Path

FORMAT = 1
AUDIENCES = ("staff", "public")  # who fills it: see `audience`
KINDS = (
    "identification",
    "consent",
    "assessment",
    "referral",
    "outreach",
    "tip",
    "report",
    "session",
    "session_request",
)
SENSITIVITIES = ("public", "internal", "personal", "special")
# Why an answer is stored (`retention_bases`).
KEEP_BASES_FILE = Path(__file__).parent.parent / "data" / "retention_bases.json"
KEEP_BASES = tuple(json.loads(KEEP_BASES_FILE.read_text(encoding="utf-8"))["bases"])
RESULTS = ("text", "integer", "decimal", "date", "boolean")
FILE_KINDS = ("image", "pdf")
DEFAULT_MAX_ROWS = 20  # of a repeat that names no maximum
MAX_LANGUAGES, MAX_SECTIONS, MAX_ITEMS, MAX_QUESTIONS = 20, 60, 300, 1_000
MAX_CHOICES, MAX_LISTS, MAX_ATTRIBUTES, MAX_ROWS, MAX_MATRIX_ROWS = 1_000, 60, 10, 100, 60
MAX_WARNINGS = 60
MAX_MONTHS_STORED = 600  # months
REPEAT_LEVELS = 2
