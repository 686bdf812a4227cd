import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('zones', '0001_initial'),
    ]

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='Zone',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=80, verbose_name='name')),
                    ('kind', models.CharField(choices=[('neighbourhood', 'neighbourhood'), ('village', 'village or remote area'), ('market', 'market or square'), ('street', 'street or junction'), ('transport', 'bus station or port'), ('border', 'border crossing'), ('school', 'around a school'), ('workplace', 'fields or workplaces'), ('nightlife', 'bars and hotels'), ('other', 'other')], default='neighbourhood', max_length=16, verbose_name='kind')),
                    ('note', models.CharField(blank=True, max_length=300, verbose_name='note')),
                    ('every_days', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='visited every so many days')),
                    ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                    ('is_demo', models.BooleanField(default=False, verbose_name='demo')),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='made at')),
                    ('changed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='changed at')),
                    ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='zones', to='access.municipality', verbose_name='municipality')),
                ],
                options={
                    'verbose_name': 'outreach zone',
                    'verbose_name_plural': 'outreach zones',
                    'ordering': ['municipality__name', 'name'],
                },
            ),
            migrations.CreateModel(
                name='PlannedVisit',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('on', models.DateField(verbose_name='day')),
                    ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='made at')),
                    ('cancelled_at', models.DateTimeField(blank=True, null=True, verbose_name='cancelled at')),
                    ('is_demo', models.BooleanField(default=False, verbose_name='demo')),
                    ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planned_visits', to='access.mobileunit', verbose_name='mobile unit')),
                    ('zone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planned', to='zones.zone', verbose_name='zone')),
                ],
                options={
                    'verbose_name': 'planned visit',
                    'verbose_name_plural': 'planned visits',
                    'ordering': ['on', 'zone'],
                },
            ),
            migrations.AddConstraint(
                model_name='zone',
                constraint=models.UniqueConstraint(fields=('municipality', 'name'), name='one_zone_per_name_and_place'),
            ),
            migrations.AddConstraint(
                model_name='plannedvisit',
                constraint=models.UniqueConstraint(condition=models.Q(('cancelled_at__isnull', True)), fields=('unit', 'zone', 'on'), name='one_plan_per_day_and_zone'),
            ),
        ]),
    ]
