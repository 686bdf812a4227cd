import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit.index_operations import AddIndexBeside, DropFieldIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("access", "0008_phones_that_store"),
        ("builder", "0006_facts_catalogue"),
        ("cases", "0028_fewer_indexes"),
        ("intake", "0020_a_forms_submissions_by_day"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexBeside(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("handled_by__isnull", False)),
                fields=["handled_by"],
                name="submission_by_who_handled",
            ),
        ),
        DropFieldIndex(
            model_name="submission",
            name="form_version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submissions",
                to="builder.formversion",
            ),
        ),
        DropFieldIndex(
            model_name="submission",
            name="handled_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="handled by",
            ),
        ),
        DropFieldIndex(
            model_name="submission",
            name="unit",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submissions",
                to="access.mobileunit",
            ),
        ),
    ]
