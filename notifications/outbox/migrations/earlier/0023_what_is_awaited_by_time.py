from django.db import migrations, models

from audit.index_operations import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("outbox", "0022_what_nobody_has_opened")]

    operations = [
        AddIndexBeside(
            "notice",
            models.Index(
                condition=models.Q(("state__in", ["accepted", "declined", "closed", "cancelled"]), _negated=True),
                fields=["state", "purpose", "id"],
                name="notice_open_by_state",
            ),
        ),
        AddIndexBeside(
            "notice",
            models.Index(
                condition=models.Q(
                    models.Q(
                        ("state__in", ["owed", "failed", "sending", "accepted", "declined", "closed", "cancelled"]),
                        _negated=True,
                    ),
                    ("answer_by__isnull", False),
                ),
                fields=["answer_by", "id"],
                name="notice_awaiting_by_time",
            ),
        ),
        AddIndexBeside("reply", models.Index(fields=["-at"], name="outbox_repl_at_e61032_idx")),
    ]
