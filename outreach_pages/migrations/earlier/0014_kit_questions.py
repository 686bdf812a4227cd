import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outreach_pages", "0013_people_asked"),
    ]

    operations = [
        migrations.AddField(
            model_name="feedbackcount",
            name="is_right",
            field=models.BooleanField(blank=True, null=True, verbose_name="right"),
        ),
        migrations.AddField(
            model_name="feedbackcount",
            name="kit_version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="outreach_pages.kitversion",
                verbose_name="version of a kit",
            ),
        ),
        migrations.AlterField(
            model_name="materialpage",
            name="kind",
            field=models.CharField(
                choices=[
                    ("outline", "outline with minutes"),
                    ("script", "script with times"),
                    ("slides", "slides"),
                    ("worksheet", "worksheet"),
                    ("quiz", "quiz"),
                    ("opinion", "opinion questions"),
                    ("film", "film"),
                    ("handout", "handout"),
                    ("exercise", "exercise"),
                    ("teacher", "teacher's sheet"),
                ],
                max_length=12,
                verbose_name="kind of material",
            ),
        ),
    ]
