"""What the two commands print, and what they refuse."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from access.models import Region, User
from case_forms.form_builder.actions import DefinitionRefused
from tests.seeds import lay_down_reference

from ..seeding import reference
from ..seeding.demo import DEMO_PASSWORD, DEMO_PIN
from ..seeding.reference import form_files


def said(name: str, *options: str) -> str:
    out = StringIO()
    call_command(name, *options, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_added_and_then_that_there_was_nothing(db: None) -> None:
    assert "61 municipalities" in said("seed_reference")
    assert said("seed_reference").strip() == "Reference data: nothing to add."


def test_the_command_names_a_file_that_is_not_fit(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = form_files()[:1]
    broken[0]["sections"][0]["items"][0]["relevant"] = {"==": [{"var": "nowhere"}, 1]}
    monkeypatch.setattr(reference, "form_files", lambda: broken)
    with pytest.raises(CommandError, match=r"not fit to be published.*unknown_reference") as refused:
        said("seed_reference")
    assert isinstance(refused.value.__cause__, DefinitionRefused)
    assert not Region.objects.exists()  # all or nothing


def test_demo_people_come_with_a_table_of_their_accounts(db: None) -> None:
    lay_down_reference()
    table = said("seed_demo", "--without-cases")
    for username in ("vlore1", "lezhe2", "koordinator", "redaktor", "operator"):
        assert username in table
    assert DEMO_PASSWORD in table
    assert DEMO_PIN in table
    assert said("seed_demo", "--without-cases", "--quiet").strip() == "Demo data: nothing to add."


def test_demo_data_are_refused_in_production(db: None, settings: Any) -> None:
    lay_down_reference()
    settings.PROFILE = "production"
    with pytest.raises(CommandError, match="never seeded in production"):
        said("seed_demo")
    assert not User.objects.exists()


def test_demo_people_need_the_reference_data_first(db: None) -> None:
    with pytest.raises(CommandError, match="Run seed_reference first"):
        said("seed_demo")
