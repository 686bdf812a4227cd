import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
    ]

    operations = [
        migrations.AddField(
            model_name='sessionend',
            name='assignment',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='access.assignment'),
        ),
        migrations.AddField(
            model_name='sessionend',
            name='closes_account',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='sessionend',
            name='last_day',
            field=models.DateField(null=True),
        ),
    ]
