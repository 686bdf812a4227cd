import case_forms.devices.models
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('devices', '0001_initial'),
        ('devices', '0002_returned_forms_are_mailed_about'),
        ('devices', '0003_silent_phones_are_mailed_about'),
        ('devices', '0004_the_token_before_a_renewal'),
        ('devices', '0005_drafts_taken_along'),
    ]

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
        ('cases', '0001_squashed_0028_fewer_indexes'),
        ('intake', '0001_squashed_0021_fewer_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='DeviceGrant',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('granted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='granted at')),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                    ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('granted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.region')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='device_grants', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'permission for a phone',
                    'verbose_name_plural': 'permissions for phones',
                    'ordering': ['-granted_at'],
                },
            ),
            migrations.CreateModel(
                name='Device',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=60, verbose_name='name')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='set up at')),
                    ('last_seen_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='last seen')),
                    ('app_version', models.CharField(blank=True, default='', max_length=24, verbose_name='version')),
                    ('drafts', models.PositiveSmallIntegerField(default=0, verbose_name='drafts')),
                    ('queued', models.PositiveSmallIntegerField(default=0, verbose_name='waiting to be sent')),
                    ('is_locked', models.BooleanField(default=False)),
                    ('clock_seconds', models.IntegerField(blank=True, null=True, verbose_name='difference of its clock')),
                    ('key_id', models.CharField(blank=True, default='', max_length=24)),
                    ('key_since', models.DateTimeField(default=django.utils.timezone.now)),
                    ('code_normal', models.CharField(default=case_forms.devices.models.new_code, editable=False, max_length=8, unique=True)),
                    ('code_urgent', models.CharField(default=case_forms.devices.models.new_code, editable=False, max_length=8, unique=True)),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                    ('ended_why', models.CharField(blank=True, choices=[('lost', 'lost or stolen'), ('coordinator', 'ended by a coordinator'), ('owner', 'ended by its owner'), ('replaced', 'another phone took its place'), ('grant', 'the permission was withdrawn'), ('left', 'its owner no longer works in a unit of this region'), ('account', "its owner's sessions were ended")], default='', max_length=12)),
                    ('silence_mailed_at', models.DateTimeField(blank=True, null=True)),
                    ('end_known_at', models.DateTimeField(blank=True, null=True, verbose_name='knows that it has ended')),
                    ('earlier_token', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='earlier_device', to='access.fieldtoken')),
                    ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('pack_token', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='pack_device', to='access.fieldtoken')),
                    ('queue_token', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='queue_device', to='access.fieldtoken')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='devices', to=settings.AUTH_USER_MODEL)),
                    ('grant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='devices.devicegrant')),
                ],
                options={
                    'verbose_name': 'phone that stores',
                    'verbose_name_plural': 'phones that store',
                    'ordering': ['-created_at'],
                },
            ),
            migrations.CreateModel(
                name='PhoneAlarm',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key_hash', models.CharField(max_length=100, unique=True)),
                    ('is_urgent', models.BooleanField()),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('next_try_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                    ('rounds', models.PositiveSmallIntegerField(default=0)),
                    ('seen_at', models.DateTimeField(blank=True, null=True)),
                    ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alarms', to='devices.device')),
                    ('seen_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'alarm of a phone',
                    'verbose_name_plural': 'alarms of phones',
                    'ordering': ['-at'],
                },
            ),
            migrations.CreateModel(
                name='Rescue',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('uuid', models.UUIDField()),
                    ('draft', models.UUIDField()),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rescues', to='devices.device')),
                ],
                options={
                    'verbose_name': 'rescued draft',
                    'verbose_name_plural': 'rescued drafts',
                    'ordering': ['-at'],
                },
            ),
            migrations.CreateModel(
                name='RoadCase',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('marked_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('expires_at', models.DateTimeField()),
                    ('ended_at', models.DateTimeField(blank=True, null=True)),
                    ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='road_cases', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'case on the phone',
                    'verbose_name_plural': 'cases on the phone',
                    'ordering': ['-marked_at'],
                },
            ),
            migrations.CreateModel(
                name='SealedFile',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('uuid', models.UUIDField()),
                    ('key_id', models.CharField(max_length=24)),
                    ('length', models.PositiveIntegerField()),
                    ('offset', models.PositiveIntegerField(default=0)),
                    ('began_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                    ('attachment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='intake.attachment')),
                    ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='devices.device')),
                ],
                options={
                    'verbose_name': 'file that arrives in parts',
                    'verbose_name_plural': 'files that arrive in parts',
                    'ordering': ['began_at'],
                },
            ),
            migrations.CreateModel(
                name='TakenDraft',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('draft', models.UUIDField()),
                    ('versions', models.JSONField(blank=True, null=True)),
                    ('offered_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('taken_at', models.DateTimeField(blank=True, null=True)),
                    ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='taken_drafts', to='devices.device')),
                ],
                options={
                    'verbose_name': 'draft that goes on on a phone',
                    'verbose_name_plural': 'drafts that go on on a phone',
                    'ordering': ['-offered_at'],
                },
            ),
            migrations.CreateModel(
                name='Arrival',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('uuid', models.UUIDField()),
                    ('sealed_hash', models.CharField(max_length=64)),
                    ('key_id', models.CharField(max_length=24)),
                    ('state', models.CharField(choices=[('received', 'received'), ('returned', 'returned as a draft')], max_length=12)),
                    ('result', models.UUIDField()),
                    ('reason', models.CharField(blank=True, default='', max_length=24)),
                    ('is_urgent', models.BooleanField(default=False)),
                    ('made_at', models.DateTimeField(blank=True, null=True)),
                    ('sent_at', models.DateTimeField(blank=True, null=True)),
                    ('arrived_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                    ('clock_seconds', models.IntegerField(default=0)),
                    ('rounds', models.PositiveSmallIntegerField(default=0)),
                    ('next_mail_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                    ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='arrivals', to='devices.device')),
                ],
                options={
                    'verbose_name': 'delivered form',
                    'verbose_name_plural': 'delivered forms',
                    'ordering': ['-arrived_at'],
                    'constraints': [models.UniqueConstraint(fields=('device', 'uuid', 'sealed_hash'), name='one_arrival_for_each_envelope')],
                },
            ),
            migrations.AddConstraint(
                model_name='devicegrant',
                constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('user',), name='one_standing_grant_for_each_person'),
            ),
            migrations.AddConstraint(
                model_name='device',
                constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('grant',), name='one_living_device_for_each_grant'),
            ),
            migrations.AddConstraint(
                model_name='rescue',
                constraint=models.UniqueConstraint(fields=('device', 'uuid'), name='one_rescue_for_each_draft'),
            ),
            migrations.AddConstraint(
                model_name='roadcase',
                constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('user', 'case'), name='one_standing_mark_for_each_case'),
            ),
            migrations.AddConstraint(
                model_name='sealedfile',
                constraint=models.UniqueConstraint(fields=('device', 'uuid'), name='one_sealed_file_for_each_uuid'),
            ),
            migrations.AddConstraint(
                model_name='takendraft',
                constraint=models.UniqueConstraint(fields=('device', 'draft'), name='one_taking_for_each_draft'),
            ),
        ]),
    ]
