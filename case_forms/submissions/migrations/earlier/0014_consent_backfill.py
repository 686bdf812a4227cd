"""The ledger of consents begins with the consent forms that cases have already."""

from typing import Any

from django.db import migrations


def fill(apps: Any, schema_editor: Any) -> None:
    from ...consent_backfill import fill_ledger

    models = apps.get_model
    fill_ledger(models("intake", "Submission"), models("cases", "ConsentEntry"), models("directory", "Partner"))


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0013_facts_carried_over"),
        ("cases", "0007_consent_ledger"),
        ("directory", "0011_two_offices_answered"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
