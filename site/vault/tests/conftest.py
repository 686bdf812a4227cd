"""The vault's tests count keys and turn rings, so each has a folder of data keys of its own."""

import pytest


@pytest.fixture(autouse=True)
def folder_of_data_keys(own_data_keys: None) -> None:
    pass
