"""Offices that an upgrade switched off, until two people have checked them."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0009_changes_are_mailed_for_sure"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OfficeConflict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("were_moved", models.BooleanField(default=False)),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("checked_at", models.DateTimeField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "checked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="directory.partner",
                        verbose_name="office that stayed",
                    ),
                ),
                (
                    "switched_off",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conflict",
                        to="directory.partner",
                        verbose_name="office switched off",
                    ),
                ),
            ],
            options={
                "verbose_name": "two offices for one area",
                "verbose_name_plural": "two offices for one area",
                "ordering": ["found_at", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="officeconflict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by__isnull", True),
                    models.Q(
                        ("checked_by__isnull", False),
                        models.Q(("confirmed_by", models.F("checked_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="office_conflict_takes_two",
            ),
        ),
    ]
