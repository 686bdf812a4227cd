import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.migrations import RunPython

from ...triggers import PROCEDURE_VERSIONS, WITH_SOURCE

FIRST_TRIGGERS = PROCEDURE_VERSIONS.operation()


class Migration(migrations.Migration):
    """Who submitted a version and what it rests on; submissions and withdrawals of versions."""

    dependencies = [
        ("procedures", "0002_triggers"),
        ("wagtailcore", "0098_apitoken"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # SQLite makes the table anew for columns with a default, and would lose its triggers on the way.
        RunPython(FIRST_TRIGGERS.reverse_code, FIRST_TRIGGERS.code),
        migrations.AddField(
            "procedureversion",
            "submitted_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submitted_procedure_versions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="submitted by",
            ),
        ),
        migrations.AddField(
            "procedureversion", "legal_source", models.TextField(blank=True, default="", verbose_name="what it rests on"),
            preserve_default=False,
        ),
        migrations.AddField(
            "procedureversion", "note", models.TextField(blank=True, default="", verbose_name="note"),
            preserve_default=False,
        ),
        WITH_SOURCE.operation(),
        migrations.CreateModel(
            name="SubmittedProcedure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("in_force_from", models.DateTimeField(blank=True, null=True, verbose_name="in force from")),
                ("legal_source", models.TextField(verbose_name="what it rests on")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "state",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="submitted_procedure",
                        to="wagtailcore.taskstate",
                        verbose_name="state",
                    ),
                ),
            ],
            options={
                "verbose_name": "procedure sent for approval",
                "verbose_name_plural": "procedures sent for approval",
            },
        ),
        migrations.CreateModel(
            name="ProcedureWithdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "withdrawn_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="withdrawn at"),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawal",
                        to="procedures.procedureversion",
                        verbose_name="procedure version",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="withdrawn by",
                    ),
                ),
            ],
            options={
                "verbose_name": "withdrawal of a procedure version",
                "verbose_name_plural": "withdrawals of procedure versions",
            },
        ),
    ]
