import django.utils.timezone
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('asking', '0001_initial'),
        ('asking', '0002_one_counter'),
    ]

    dependencies = [
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='Spent',
                fields=[
                    ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ],
                options={
                    'verbose_name': 'spent proof',
                    'verbose_name_plural': 'spent proofs',
                },
            ),
        ]),
    ]
