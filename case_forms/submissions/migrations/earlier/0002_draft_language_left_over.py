"""A draft's language, and the answers that didn't fit when it moved to a newer version."""

from django.db import migrations, models

import vault.fields


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="language",
            field=models.CharField(blank=True, default="", max_length=8, verbose_name="language of the form"),
        ),
        migrations.AddField(
            model_name="draft",
            name="left_over",
            field=vault.fields.SealedJSONField(blank=True, null=True),
        ),
    ]
