import django.utils.timezone
import vault.fields
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('vault', '0001_keys_in_use'),
        ('vault', '0002_lasting_keys'),
        ('vault', '0003_data_keys'),
    ]

    dependencies = [
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='DataKey',
                fields=[
                    ('owner', models.UUIDField(primary_key=True, serialize=False)),
                    ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                    ('destroyed_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'verbose_name_plural': 'data keys',
                },
            ),
            migrations.CreateModel(
                name='KeyInUse',
                fields=[
                    ('key_id', models.CharField(max_length=24, primary_key=True, serialize=False)),
                    ('canary', models.TextField()),
                    ('first_used_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'verbose_name_plural': 'keys in use',
                },
            ),
            migrations.CreateModel(
                name='LastingKey',
                fields=[
                    ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                    ('purpose', models.CharField(max_length=32)),
                    ('key_id', models.CharField(max_length=24)),
                    ('secret', vault.fields.SealedBytesField()),
                    ('taken_over', models.BooleanField(default=False)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'verbose_name_plural': 'lasting keys',
                },
            ),
        ]),
    ]
