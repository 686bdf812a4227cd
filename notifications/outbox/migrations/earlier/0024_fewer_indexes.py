import django.db.models.deletion
from django.db import migrations, models

from audit.index_operations import AddIndexBeside, DropFieldIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("access", "0008_phones_that_store"),
        ("directory", "0018_staff_phones"),
        ("outbox", "0023_what_is_awaited_by_time"),
    ]

    operations = [
        AddIndexBeside(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("chases__isnull", False)), fields=["chases"], name="notice_by_what_it_chases"
            ),
        ),
        AddIndexBeside(
            model_name="notice",
            index=models.Index(condition=models.Q(("home__isnull", False)), fields=["home"], name="notice_by_home"),
        ),
        AddIndexBeside(
            model_name="notice",
            index=models.Index(condition=models.Q(("way__isnull", False)), fields=["way"], name="notice_by_way"),
        ),
        DropFieldIndex(
            model_name="attempt",
            name="dispatch",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempt_rows",
                to="outbox.dispatch",
                verbose_name="way",
            ),
        ),
        DropFieldIndex(
            model_name="notice",
            name="chases",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="chasers",
                to="outbox.notice",
                verbose_name="follows up",
            ),
        ),
        DropFieldIndex(
            model_name="notice",
            name="event_id",
            field=models.UUIDField(),
        ),
        DropFieldIndex(
            model_name="notice",
            name="home",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.municipality",
            ),
        ),
        DropFieldIndex(
            model_name="notice",
            name="way",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="directory.contactway",
                verbose_name="way",
            ),
        ),
    ]
