import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Whatever stands now is what holds: from here on one person's change waits for another."""

    dependencies = [
        ("simulation", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("scenario", "is_approved", models.BooleanField(default=True, verbose_name="approved")),
        migrations.AlterField("scenario", "is_approved", models.BooleanField(default=False, verbose_name="approved")),
        migrations.AddField(
            "scenario",
            "changes",
            models.OneToOneField(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="proposal",
                to="simulation.scenario",
            ),
        ),
        migrations.AddField("scenario", "deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddField(
            "scenario",
            "deleted_by",
            models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
