"""Pictures of the pages as a test meets them, for looking at: set FIELD_PICTURES to a folder."""

import os
from pathlib import Path

from playwright.sync_api import Page


def picture(page: Page, name: str) -> None:
    """The whole page, when anybody asked for pictures."""
    folder = os.environ.get("FIELD_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
