"""Workbooks that nobody should have to open: a clear report each, soon, in little memory, and never an exception."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples import FACTOR

from .hostile import IN_A_PROCESS_OF_ITS_OWN, hostile

ROOT = Path(__file__).resolve().parents[4]
NAMES = [name for name, _make, _wanted in hostile()]
LONGEST, LARGEST = 9, 500  # seconds of a processor, megabytes
# what a machine under load may say instead of what is wrong
SLOW = {"took_too_long"}
CARRIED = {"merged_cells", "date_cell", "renamed", "sensitivity_assumed"}


@pytest.fixture(scope="module")
def tried():
    """{name: what came of it}, and the most memory that it took."""
    command = [sys.executable, "-m", "case_forms.form_builder.xlsform.tests.hostile"]
    env = {"PYTHONPATH": f"{ROOT / 'site'}:{ROOT}", "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    env["EXAMPLES_FACTOR"] = str(FACTOR)
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=env, timeout=600)
    found = json.loads(done.stdout)
    return {file["name"]: file for file in found["files"]}, found["megabytes"]


def test_there_are_at_least_fifty_of_them():
    assert len(set(NAMES)) == len(NAMES) >= 50
    assert set(NAMES) >= IN_A_PROCESS_OF_ITS_OWN


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_workbook_gets_a_clear_report_soon(tried, name):
    file = tried[0][name]
    assert "raised" not in file
    assert file["seconds"] < LONGEST
    codes = {code for code, _severity, _message in file["report"]}
    assert file["wanted"] in codes or codes & SLOW
    assert all(len(message) > len(code) and "%(" not in message for code, _severity, message in file["report"])


@pytest.mark.parametrize("name", NAMES)
def test_what_has_an_error_is_not_read_and_what_has_none_is(tried, name):
    file = tried[0][name]
    errors = [code for code, severity, _message in file["report"] if severity == "error"]
    assert file["is_read"] == (not errors)
    assert bool(errors) or file["wanted"] in CARRIED


def test_no_process_takes_more_memory_than_a_small_machine_has_left(tried):
    memory = tried[1]
    assert memory["here"] < LARGEST
    assert memory["children"] < LARGEST
