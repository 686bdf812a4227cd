from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('watch', '0001_counts'),
        ('watch', '0002_matters'),
        ('watch', '0003_samples'),
    ]

    dependencies = [
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='DailySample',
                fields=[
                    ('day', models.DateField(primary_key=True, serialize=False)),
                    ('at', models.DateTimeField()),
                    ('figures', models.JSONField(default=dict)),
                ],
                options={
                    'verbose_name': 'sample of a day',
                    'verbose_name_plural': 'samples of days',
                    'ordering': ['-day'],
                },
            ),
            migrations.CreateModel(
                name='Matter',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=24, verbose_name='matter')),
                    ('began_at', models.DateTimeField(verbose_name='began at')),
                    ('tried_at', models.DateTimeField(blank=True, null=True)),
                    ('heard_at', models.DateTimeField(blank=True, null=True, verbose_name='operators notified at')),
                    ('messages', models.PositiveIntegerField(default=0, verbose_name='messages')),
                    ('error', models.CharField(blank=True, max_length=40, verbose_name='error code')),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='well again at')),
                ],
                options={
                    'verbose_name': 'matter of the service',
                    'verbose_name_plural': 'matters of the service',
                    'ordering': ['-began_at'],
                    'indexes': [models.Index(fields=['-began_at'], name='watch_matte_began_a_4dbfa6_idx')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('name',), name='one_open_matter_of_a_name')],
                },
            ),
            migrations.CreateModel(
                name='RequestCount',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=32)),
                    ('label', models.CharField(max_length=32)),
                    ('total', models.PositiveBigIntegerField(default=0)),
                ],
                options={
                    'verbose_name': 'count of requests',
                    'verbose_name_plural': 'counts of requests',
                    'constraints': [models.UniqueConstraint(fields=('name', 'label'), name='one_count_per_name_and_label')],
                },
            ),
        ]),
    ]
