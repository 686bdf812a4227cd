from django.db import migrations, models


class Migration(migrations.Migration):
    # The release before makes no request of this kind, so it breaks the constraint nowhere.
    breaks_old_code = "the release before makes no erasures"

    dependencies = [("cases", "0002_data_duties_run_in_closed_cases")]

    operations = [
        migrations.AddField(
            model_name="rightsrequest",
            name="erase_on",
            field=models.DateField(blank=True, null=True, verbose_name="to be erased on"),
        ),
        migrations.AddField(
            model_name="rightsrequest",
            name="proved_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="erasure proved at"),
        ),
        migrations.AlterField(
            model_name="rightsrequest",
            name="kind",
            field=models.CharField(
                choices=[
                    ("access", "to read what is stored about them"),
                    ("correction", "to have something corrected"),
                    ("restriction", "that their data aren't used for now"),
                    ("objection", "to object to the use of their data"),
                    ("erasure", "to have everything about them erased"),
                ],
                max_length=12,
                verbose_name="what the person asks",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "erasure"), ("outcome", "whole"), _negated=True)
                | models.Q(("erase_on__isnull", False)),
                name="granted_erasure_has_a_day",
            ),
        ),
    ]
