"""The vault's tests count keys, so each has a folder of data keys of its own."""

from pathlib import Path
from typing import Any

import pytest

from .. import data_keys


@pytest.fixture(autouse=True)
def own_folder_of_data_keys(settings: Any, tmp_path: Path) -> None:
    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    data_keys._cached.clear()
