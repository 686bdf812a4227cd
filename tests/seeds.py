"""The demo as `make run` shows it, for tests that drive the product: seeded once in a process (tests/rows.py)."""

from case_forms.submissions.seeding.demo import seed_demo
from case_forms.submissions.seeding.reference import seed_reference
from content.seeding.actions import seed_content

from .rows import laid_down


def lay_down_reference() -> None:
    """All reference data; the public pages first, which other tests lay down by themselves."""
    laid_down(seed_content, seed_reference)


def lay_down_demo(*, with_cases: bool = False) -> None:
    """All reference data and the demo people, if wanted with their cases and sessions."""
    laid_down(seed_content, seed_reference, seed_demo if with_cases else _people)


def _people() -> None:
    seed_demo(with_cases=False)
