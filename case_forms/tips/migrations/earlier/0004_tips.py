"""Signal, SignalMessage and SignalEvent are Tip, TipMessage and TipEvent. Tables and columns keep their names, so no row
is touched; only the content types and permissions that name the models follow."""

import django.db.models.deletion
from django.db import migrations, models

MODELS = {"signal": "tip", "signalmessage": "tipmessage", "signalevent": "tipevent"}


def _rename(apps, pairs):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    for old, new in pairs.items():
        kinds = ContentType.objects.filter(app_label="signals")
        kind = kinds.filter(model=old).first()
        if kind is None or kinds.filter(model=new).exists():
            continue
        kind.model = new
        kind.save()
        for permission in Permission.objects.filter(content_type=kind):
            permission.codename = permission.codename.replace(f"_{old}", f"_{new}")
            permission.save()


def forwards(apps, schema_editor):
    _rename(apps, MODELS)


def backwards(apps, schema_editor):
    _rename(apps, {new: old for old, new in MODELS.items()})


class Migration(migrations.Migration):
    dependencies = [
        ("signals", "0003_held_back_and_frozen"),
        ("access", "0007_places_by_two"),
        ("builder", "0005_what_was_submitted"),
        ("procedures", "0002_triggers"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelTable("signal", "signals_signal"),
                migrations.AlterModelTable("signalmessage", "signals_signalmessage"),
                migrations.AlterModelTable("signalevent", "signals_signalevent"),
                migrations.RenameModel("Signal", "Tip"),
                migrations.RenameModel("SignalMessage", "TipMessage"),
                migrations.RenameModel("SignalEvent", "TipEvent"),
                migrations.RenameField("tipmessage", "signal", "tip"),
                migrations.RenameField("tipevent", "signal", "tip"),
                migrations.AlterField(
                    "tipmessage",
                    "tip",
                    models.ForeignKey(
                        db_column="signal_id",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="signals.tip",
                        verbose_name="tip",
                    ),
                ),
                migrations.AlterField(
                    "tipevent",
                    "tip",
                    models.ForeignKey(
                        db_column="signal_id",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="signals.tip",
                        verbose_name="tip",
                    ),
                ),
                *(
                    migrations.AlterField(
                        "tip",
                        name,
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="tips", to=to, verbose_name=words
                        ),
                    )
                    for name, to, words in (
                        ("form_version", "builder.formversion", "form"),
                        ("unit", "access.mobileunit", "mobile unit"),
                        ("region", "access.region", "region"),
                        ("municipality", "access.municipality", "municipality"),
                    )
                ),
                migrations.AlterField(
                    "tip",
                    "procedure_version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tips",
                        to="procedures.procedureversion",
                        verbose_name="procedure",
                    ),
                ),
            ],
        ),
        migrations.RunPython(forwards, backwards),
    ]
