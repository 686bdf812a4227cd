import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
import vault.fields
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('access', '0001_initial'),
        ('access', '0002_invitations_and_factor_resets'),
        ('access', '0003_rate_counts'),
        ('access', '0004_accounts_by_two'),
        ('access', '0005_seal_factors'),
        ('access', '0006_keeper_of_the_record'),
        ('access', '0007_places_by_two'),
        ('access', '0008_phones_that_store'),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='User',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                    ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                    ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                    ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                    ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                    ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                    ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                    ('language', models.CharField(choices=[('sq', 'Shqip'), ('en', 'English')], default='sq', max_length=5, verbose_name='language')),
                    ('is_demo', models.BooleanField(default=False, verbose_name='demo account')),
                    ('session_epoch', models.PositiveIntegerField(default=0)),
                    ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                    ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ],
                options={
                    'verbose_name': 'member of staff',
                    'verbose_name_plural': 'staff',
                },
                managers=[
                    ('objects', django.contrib.auth.models.UserManager()),
                ],
            ),
            migrations.CreateModel(
                name='FactorSecret',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('content', vault.fields.SealedTextField()),
                ],
                options={
                    'verbose_name': 'secret of a second factor',
                    'verbose_name_plural': 'secrets of second factors',
                },
            ),
            migrations.CreateModel(
                name='PoliceDirectorate',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(unique=True, verbose_name='key')),
                    ('name', models.CharField(max_length=120, verbose_name='name')),
                    ('short_name', models.CharField(max_length=40, verbose_name='short name')),
                ],
                options={
                    'verbose_name': 'police directorate',
                    'verbose_name_plural': 'police directorates',
                    'ordering': ['short_name'],
                },
            ),
            migrations.CreateModel(
                name='Region',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(unique=True, verbose_name='key')),
                    ('name', models.CharField(max_length=80, verbose_name='name')),
                    ('iso_code', models.CharField(max_length=5, unique=True, verbose_name='ISO 3166-2 code')),
                    ('is_outreach', models.BooleanField(default=False, verbose_name='has a mobile unit')),
                ],
                options={
                    'verbose_name': 'region',
                    'verbose_name_plural': 'regions',
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='StaffPin',
                fields=[
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='pin', serialize=False, to=settings.AUTH_USER_MODEL)),
                    ('pin', models.CharField(max_length=256)),
                    ('duress', models.CharField(max_length=256)),
                    ('ask_at_sign_in', models.BooleanField(default=False)),
                    ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'verbose_name': 'PIN',
                    'verbose_name_plural': 'PINs',
                },
            ),
            migrations.CreateModel(
                name='FieldToken',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('token_hash', models.CharField(max_length=64, unique=True)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='made at')),
                    ('expires_at', models.DateTimeField(verbose_name='expires at')),
                    ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked at')),
                    ('name', models.CharField(blank=True, default='', max_length=60, verbose_name='name')),
                    ('scope', models.CharField(choices=[('all', 'read and send'), ('read', 'read forms and follow cases'), ('send', 'download forms and send them'), ('queue', 'deliver what a phone has stored'), ('pack', 'what a phone needs without a network')], default='all', max_length=8, verbose_name='what it may do')),
                    ('last_used_at', models.DateTimeField(blank=True, null=True, verbose_name='last used')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='field_tokens', to=settings.AUTH_USER_MODEL, verbose_name='member of staff')),
                ],
                options={
                    'verbose_name': 'field token',
                    'verbose_name_plural': 'field tokens',
                },
            ),
            migrations.CreateModel(
                name='Invitation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('token_hash', models.CharField(max_length=64, unique=True)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('expires_at', models.DateTimeField()),
                    ('mailed_at', models.DateTimeField(null=True)),
                    ('used_at', models.DateTimeField(null=True)),
                    ('revoked_at', models.DateTimeField(null=True)),
                    ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'invitation',
                    'verbose_name_plural': 'invitations',
                },
            ),
            migrations.CreateModel(
                name='RateCount',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('scope', models.CharField(max_length=24)),
                    ('key', models.CharField(blank=True, max_length=100)),
                    ('slot', models.DateTimeField()),
                    ('count', models.IntegerField(default=0)),
                ],
                options={
                    'verbose_name': 'rate count',
                    'verbose_name_plural': 'rate counts',
                    'indexes': [models.Index(fields=['slot'], name='access_rate_slot_f47e7d_idx')],
                    'constraints': [models.UniqueConstraint(fields=('scope', 'key', 'slot'), name='one_rate_count_per_slot')],
                },
            ),
            migrations.CreateModel(
                name='Municipality',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(unique=True, verbose_name='key')),
                    ('name', models.CharField(max_length=80, verbose_name='name')),
                    ('aliases', models.JSONField(blank=True, default=list, verbose_name='other names')),
                    ('police_directorate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='municipalities', to='access.policedirectorate', verbose_name='police directorate')),
                    ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='municipalities', to='access.region', verbose_name='region')),
                ],
                options={
                    'verbose_name': 'municipality',
                    'verbose_name_plural': 'municipalities',
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='MobileUnit',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(unique=True, verbose_name='key')),
                    ('name', models.CharField(max_length=80, verbose_name='name')),
                    ('working_since', models.CharField(blank=True, max_length=10, verbose_name='working since')),
                    ('callback_phone', models.CharField(blank=True, max_length=32, verbose_name='number to call back')),
                    ('is_active', models.BooleanField(default=True, verbose_name='active')),
                    ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='units', to='access.region', verbose_name='region')),
                ],
                options={
                    'verbose_name': 'mobile unit',
                    'verbose_name_plural': 'mobile units',
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='AddressChange',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('is_approved', models.BooleanField(null=True)),
                    ('email', models.EmailField(max_length=254)),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'request to change an address',
                    'verbose_name_plural': 'requests to change addresses',
                    'constraints': [models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(models.Q(('decided_by', models.F('asked_by')), _negated=True), models.Q(('decided_by', models.F('user')), _negated=True)), _connector='OR'), name='address_change_takes_two'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('is_approved__isnull', True)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('is_approved__isnull', False)), _connector='OR'), name='address_change_is_decided_whole')],
                },
            ),
            migrations.CreateModel(
                name='DuressAlarm',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('tries', models.PositiveSmallIntegerField(default=0)),
                    ('next_try_at', models.DateTimeField(default=django.utils.timezone.now, null=True)),
                    ('told_at', models.DateTimeField(null=True)),
                    ('seen_at', models.DateTimeField(null=True)),
                    ('seen_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duress_alarms', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'call for help',
                    'verbose_name_plural': 'calls for help',
                    'ordering': ['-at'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('seen_at__isnull', True), ('seen_by__isnull', True)), models.Q(('seen_at__isnull', False), ('seen_by__isnull', False), models.Q(('seen_by', models.F('user')), _negated=True)), _connector='OR'), name='duress_alarm_is_seen_by_another')],
                },
            ),
            migrations.CreateModel(
                name='FactorReset',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('is_approved', models.BooleanField(null=True)),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='factor_resets', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'request to reset a second factor',
                    'verbose_name_plural': 'requests to reset a second factor',
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('asked_by', models.F('user')), _negated=True), models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('user')), _negated=True), _connector='OR')), name='factor_reset_takes_two'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('is_approved__isnull', True)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('is_approved__isnull', False)), _connector='OR'), name='factor_reset_is_decided_whole')],
                },
            ),
            migrations.CreateModel(
                name='PlaceChange',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('mobileunit', 'mobile unit'), ('municipality', 'municipality'), ('region', 'region')], max_length=16, verbose_name='kind')),
                    ('entry_id', models.BigIntegerField()),
                    ('values', vault.fields.SealedJSONField()),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked at')),
                    ('mailed_at', models.DateTimeField(editable=False, null=True)),
                    ('decision', models.CharField(choices=[('waiting', 'waiting'), ('agreed', 'agreed'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('alone', 'made at once')], default='waiting', max_length=12, verbose_name='decision')),
                    ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                    ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ],
                options={
                    'verbose_name': 'change of a unit or place',
                    'verbose_name_plural': 'changes of units and places',
                    'ordering': ['-asked_at'],
                    'indexes': [models.Index(fields=['decision', '-asked_at'], name='access_plac_decisio_905432_idx')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('decision__in', ['waiting', 'withdrawn', 'alone']), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='place_change_takes_two'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('decision', 'waiting')), models.Q(models.Q(('decision', 'waiting'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='place_change_is_decided_whole'), models.UniqueConstraint(condition=models.Q(('decision', 'waiting')), fields=('kind', 'entry_id'), name='one_place_change_waits')],
                },
            ),
            migrations.CreateModel(
                name='Assignment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('role', models.CharField(choices=[('worker', 'mobile unit worker'), ('coordinator', 'coordinator'), ('editor', 'editor'), ('operator', 'operator'), ('auditor', 'keeper of the record')], max_length=16, verbose_name='role')),
                    ('starts_on', models.DateField(default=django.utils.timezone.localdate, verbose_name='from')),
                    ('ends_on', models.DateField(blank=True, null=True, verbose_name='until')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to=settings.AUTH_USER_MODEL, verbose_name='member of staff')),
                    ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='access.mobileunit', verbose_name='mobile unit')),
                    ('region', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='access.region', verbose_name='region')),
                ],
                options={
                    'verbose_name': 'assignment',
                    'verbose_name_plural': 'assignments',
                    'ordering': ['user', 'role'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('region__isnull', True), ('role', 'worker'), ('unit__isnull', False)), models.Q(('region__isnull', False), ('role', 'coordinator'), ('unit__isnull', True)), models.Q(('region__isnull', True), ('role__in', ['editor', 'operator', 'auditor']), ('unit__isnull', True)), _connector='OR'), name='assignment_scope_fits_role'), models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='assignment_ends_after_start')],
                },
            ),
            migrations.CreateModel(
                name='RoleRequest',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('is_approved', models.BooleanField(null=True)),
                    ('role', models.CharField(max_length=16)),
                    ('starts_on', models.DateField()),
                    ('ends_on', models.DateField(null=True)),
                    ('invites', models.BooleanField(default=False)),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('regions', models.ManyToManyField(related_name='+', to='access.region')),
                    ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='access.mobileunit')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'request for a role',
                    'verbose_name_plural': 'requests for roles',
                    'constraints': [models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(models.Q(('decided_by', models.F('asked_by')), _negated=True), models.Q(('decided_by', models.F('user')), _negated=True)), _connector='OR'), name='role_request_takes_two'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('is_approved__isnull', True)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('is_approved__isnull', False)), _connector='OR'), name='role_request_is_decided_whole')],
                },
            ),
            migrations.CreateModel(
                name='SessionEnd',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('is_approved', models.BooleanField(null=True)),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'request to end sessions',
                    'verbose_name_plural': 'requests to end sessions',
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('asked_by', models.F('user')), _negated=True), models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('user')), _negated=True), _connector='OR')), name='session_end_takes_two'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('is_approved__isnull', True)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('is_approved__isnull', False)), _connector='OR'), name='session_end_is_decided_whole')],
                },
            ),
            migrations.CreateModel(
                name='StaffSession',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('device', models.CharField(blank=True, default='', max_length=80)),
                    ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('is_locked', models.BooleanField(default=False)),
                    ('in_duress', models.BooleanField(default=False)),
                    ('wrong_pins', models.PositiveSmallIntegerField(default=0)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('ended_why', models.CharField(blank=True, choices=[('signed_out', 'signed out there'), ('by_owner', 'ended from another device'), ('by_keepers', 'ended by two keepers'), ('wrong_pins', 'ended after wrong PINs')], default='', max_length=16)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='staff_sessions', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'session',
                    'verbose_name_plural': 'sessions',
                    'ordering': ['-seen_at'],
                    'indexes': [models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['user', '-seen_at'], name='staff_session_open')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_why', '')), models.Q(('ended_at__isnull', False), models.Q(('ended_why', ''), _negated=True)), _connector='OR'), name='staff_session_ends_for_a_reason')],
                },
            ),
        ]),
    ]
