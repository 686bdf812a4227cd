"""Languages of a line are a list of codes. They were typed as JSON before, of whatever kind."""

from django.db import migrations, models

import content.models.hotline_languages


def keep_codes(apps, schema_editor):
    for line in apps.get_model("content", "Hotline").objects.all():
        typed = line.languages if isinstance(line.languages, list) else [line.languages]
        codes = list(dict.fromkeys(code for code in typed if isinstance(code, str) and code.isalpha()))
        if codes != line.languages:
            line.languages = codes
            line.save(update_fields=["languages"])


class Migration(migrations.Migration):
    dependencies = [
        ("content", "0004_search_on_postgresql"),
    ]

    operations = [
        migrations.RunPython(keep_codes, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="hotline",
            name="languages",
            field=models.JSONField(
                blank=True,
                default=list,
                validators=[content.models.hotline_languages.check_codes],
                verbose_name="languages spoken",
            ),
        ),
    ]
