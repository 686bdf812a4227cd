from django.db import migrations
from django.db.models import F
from django.utils import timezone

KEYS = ("data_subject_request", "data_breach")


def run_again(apps, _schema_editor):
    """Let the clocks of duties about the person's data run that ended only because their case was closed.

    Their days go on from when they began, so the clock tells their owner at once of what is late by now.
    """
    duties = apps.get_model("cases", "Deadline").objects.filter(
        key__in=KEYS,
        met_at__isnull=True,
        ended_at__gte=F("case__closed_at"),
        case__forgotten_at__isnull=True,
        case__is_drill=False,
        case__merged_into__isnull=True,
    )
    keys = list(duties.values_list("pk", flat=True))
    rows = apps.get_model("cases", "Deadline").objects.filter(pk__in=keys)
    rows.exclude(ladder=[]).update(ended_at=None, next_mark_at=timezone.now())
    rows.filter(ladder=[]).update(ended_at=None)


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_squashed_0028_fewer_indexes")]

    operations = [migrations.RunPython(run_again, migrations.RunPython.noop)]
