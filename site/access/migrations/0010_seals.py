import hashlib
import json

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def note_factors(apps, schema_editor):
    """Note what each factor holds now; `audit.sealed_rows.seal_first` seals these rows at the next start."""
    seals = apps.get_model("access", "FactorSeal").objects.using(schema_editor.connection.alias)
    for factor in apps.get_model("mfa", "Authenticator").objects.using(schema_editor.connection.alias).all():
        content = json.dumps([factor.type, factor.data], sort_keys=True, separators=(",", ":"))
        seals.create(
            factor_id=factor.pk, owner_id=factor.user_id, digest=hashlib.sha256(content.encode()).hexdigest()
        )


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0009_ends_by_two"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="assignment",
            options={
                "base_manager_name": "objects",
                "ordering": ["user", "role"],
                "verbose_name": "assignment",
                "verbose_name_plural": "assignments",
            },
        ),
        migrations.AddField(
            model_name="assignment",
            name="seal",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=96),
        ),
        migrations.CreateModel(
            name="FactorSeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seal", models.CharField(blank=True, db_default="", default="", editable=False, max_length=96)),
                ("digest", models.CharField(max_length=64)),
                (
                    "factor",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="mfa.authenticator"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "seal of a second factor",
                "verbose_name_plural": "seals of second factors",
                "base_manager_name": "objects",
            },
        ),
        migrations.RunPython(note_factors, migrations.RunPython.noop),
    ]
