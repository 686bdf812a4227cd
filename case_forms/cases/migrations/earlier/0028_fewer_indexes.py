import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit.index_operations import AddIndexBeside, DropFieldIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("access", "0008_phones_that_store"),
        ("cases", "0027_duties_by_time"),
        ("procedures", "0004_declined_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexBeside(
            model_name="case",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="case_by_what_stands_for_it",
            ),
        ),
        AddIndexBeside(
            model_name="deadline",
            index=models.Index(
                condition=models.Q(("notice_id__isnull", False)), fields=["notice_id"], name="deadline_by_notice"
            ),
        ),
        AddIndexBeside(
            model_name="deadline",
            index=models.Index(
                condition=models.Q(("not_by__isnull", False)), fields=["not_by"], name="deadline_by_whom_not"
            ),
        ),
        DropFieldIndex(
            model_name="case",
            name="lead",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="lead worker",
            ),
        ),
        DropFieldIndex(
            model_name="case",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="cases.case",
                verbose_name="merged into",
            ),
        ),
        DropFieldIndex(
            model_name="case",
            name="region",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="access.region",
                verbose_name="region",
            ),
        ),
        DropFieldIndex(
            model_name="case",
            name="unit",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="access.mobileunit",
                verbose_name="mobile unit",
            ),
        ),
        DropFieldIndex(
            model_name="casefact",
            name="case",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="known_facts",
                to="cases.case",
                verbose_name="case",
            ),
        ),
        DropFieldIndex(
            model_name="casefact",
            name="submission_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        DropFieldIndex(
            model_name="deadline",
            name="event",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deadlines",
                to="cases.caseevent",
            ),
        ),
        DropFieldIndex(
            model_name="deadline",
            name="not_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="not by",
            ),
        ),
        DropFieldIndex(
            model_name="deadline",
            name="notice_id",
            field=models.UUIDField(blank=True, null=True),
        ),
    ]
