from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0019_emergency_adds")]

    operations = [
        migrations.AddField(
            model_name="partner",
            name="sender_set",
            field=models.CharField(
                blank=True,
                choices=[
                    ("named", "with the organisation’s name"),
                    ("neutral", "neutral, without the organisation’s name"),
                ],
                db_default="",
                default="",
                max_length=8,
                verbose_name="name of the sender",
            ),
        ),
    ]
