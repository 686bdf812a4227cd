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
        ('directory', '0001_initial'),
        ('directory', '0002_the_mobile_unit_is_told'),
        ('directory', '0003_leave_and_versions'),
        ('directory', '0004_shift_constraints_in_words'),
        ('directory', '0005_words'),
        ('directory', '0006_one_office_each'),
        ('directory', '0007_two_keepers'),
        ('directory', '0008_roles_of_services'),
        ('directory', '0009_changes_are_mailed_for_sure'),
        ('directory', '0010_office_conflict'),
        ('directory', '0011_two_offices_answered'),
        ('directory', '0012_services'),
        ('directory', '0013_ways_to_a_contact'),
        ('directory', '0014_own_duty'),
        ('directory', '0015_agreements'),
        ('directory', '0016_keys_of_webhooks'),
        ('directory', '0017_mail_keys'),
        ('directory', '0018_staff_phones'),
    ]

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='AgreementRule',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('role', models.CharField(max_length=24, unique=True, verbose_name='role')),
                    ('is_on', models.BooleanField(default=False, verbose_name='only under an agreement in force')),
                    ('version', models.PositiveIntegerField(default=0, editable=False)),
                ],
                options={
                    'verbose_name': 'rule about agreements',
                    'verbose_name_plural': 'rules about agreements',
                    'ordering': ['role'],
                },
            ),
            migrations.CreateModel(
                name='Contact',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('version', models.PositiveIntegerField(default=0, editable=False)),
                    ('name', models.CharField(max_length=120, verbose_name='name')),
                    ('duty', models.CharField(blank=True, max_length=120, verbose_name='duty')),
                    ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                    ('phone', models.CharField(blank=True, max_length=32, verbose_name='phone')),
                    ('language', models.CharField(choices=[('sq', 'Shqip'), ('en', 'English')], default='sq', max_length=5, verbose_name='language')),
                    ('pin_hash', models.CharField(blank=True, editable=False, max_length=256)),
                    ('pin_set_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='PIN set at')),
                    ('is_active', models.BooleanField(default=True, verbose_name='active')),
                    ('reachable_at', models.DateTimeField(blank=True, default=django.utils.timezone.now, editable=False, null=True, verbose_name='test notice opened at')),
                    ('is_demo', models.BooleanField(default=False, verbose_name='demo')),
                ],
                options={
                    'verbose_name': 'contact',
                    'verbose_name_plural': 'contacts',
                    'ordering': ['partner', 'name'],
                },
            ),
            migrations.CreateModel(
                name='ContactWay',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('version', models.PositiveIntegerField(default=0, editable=False)),
                    ('channel', models.CharField(choices=[('sms', 'SMS'), ('voice', 'automatic call'), ('push', 'notification on a phone'), ('webhook', "the institution's own system"), ('mailkey', 'encrypted e-mail')], max_length=16, verbose_name='way')),
                    ('address', models.CharField(max_length=254, verbose_name='number or address')),
                    ('secret', vault.fields.SealedJSONField(blank=True, editable=False, null=True)),
                    ('mail_key', models.TextField(blank=True, editable=False, verbose_name='public key')),
                    ('mail_key_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='key expires at')),
                    ('mail_key_warned', models.PositiveSmallIntegerField(blank=True, editable=False, null=True)),
                    ('sent_for', models.CharField(choices=[('all', 'every notice'), ('urgent', 'urgent notices, and every one that was not answered'), ('unanswered', 'only what was not answered')], default='all', max_length=12, verbose_name='for')),
                    ('hours_from', models.TimeField(blank=True, null=True, verbose_name='from (time of day)')),
                    ('hours_until', models.TimeField(blank=True, null=True, verbose_name='until (time of day)')),
                    ('after_minutes', models.PositiveSmallIntegerField(default=0, verbose_name='minutes after the e-mail')),
                    ('is_active', models.BooleanField(default=True, verbose_name='active')),
                    ('confirmed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='test notice opened at')),
                    ('added_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='added at')),
                    ('ended_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='ended at')),
                    ('end_reason', models.CharField(blank=True, editable=False, max_length=40)),
                    ('is_demo', models.BooleanField(default=False, verbose_name='demo')),
                    ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ways', to='directory.contact', verbose_name='contact')),
                ],
                options={
                    'verbose_name': 'way to a contact',
                    'verbose_name_plural': 'ways to contacts',
                    'ordering': ['contact', 'after_minutes', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='DutyCalendar',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('secret_hash', models.CharField(editable=False, max_length=64, unique=True)),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('read_on', models.DateField(blank=True, null=True)),
                    ('ended_at', models.DateTimeField(blank=True, null=True)),
                    ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duty_calendars', to='directory.contact')),
                ],
                options={
                    'verbose_name': 'calendar of shifts',
                    'verbose_name_plural': 'calendars of shifts',
                },
            ),
            migrations.CreateModel(
                name='DutyLink',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('link_hash', models.CharField(max_length=64, unique=True)),
                    ('link_token', vault.fields.SealedTextField()),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('wrong_pins', models.PositiveSmallIntegerField(default=0)),
                    ('ended_at', models.DateTimeField(blank=True, null=True)),
                    ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='duty_links', to='directory.contact')),
                ],
                options={
                    'verbose_name': "link to one's shifts",
                    'verbose_name_plural': "links to one's shifts",
                    'ordering': ['-made_at'],
                },
            ),
            migrations.CreateModel(
                name='DutyRequest',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('leave', 'leave of absence'), ('swap', 'swap of a shift')], max_length=8, verbose_name='kind')),
                    ('starts_at', models.DateTimeField(verbose_name='from')),
                    ('ends_at', models.DateTimeField(verbose_name='until')),
                    ('leave_kind', models.CharField(blank=True, max_length=16, verbose_name='reason')),
                    ('terms', models.JSONField(default=dict)),
                    ('stage', models.CharField(choices=[('colleague', 'waits for the colleague'), ('coordinator', 'waits for the coordinator'), ('second', 'waits for a second coordinator'), ('agreed', 'agreed'), ('refused', 'refused by the coordinator'), ('declined', 'declined by the colleague'), ('withdrawn', 'withdrawn'), ('lapsed', 'no longer possible')], max_length=12, verbose_name='state')),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked at')),
                    ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='confirmed at')),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                    ('agreed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('colleague', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='asked_swaps', to='directory.contact', verbose_name='colleague')),
                    ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='duty_requests', to='directory.contact', verbose_name='contact')),
                    ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'request about the roster',
                    'verbose_name_plural': 'requests about the roster',
                    'ordering': ['-asked_at'],
                },
            ),
            migrations.CreateModel(
                name='DutyMail',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('begins', 'your duty begins'), ('changed', 'your duty does not begin'), ('page', 'your own page'), ('confirm', 'a swap waits for you'), ('ended', 'how a request ended'), ('decide', 'a request waits for a coordinator')], max_length=12)),
                    ('key', models.CharField(max_length=120, unique=True)),
                    ('begins_at', models.DateTimeField(null=True)),
                    ('ends_at', models.DateTimeField(null=True)),
                    ('is_deputy', models.BooleanField(default=False)),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('tried_at', models.DateTimeField(null=True)),
                    ('tries', models.PositiveSmallIntegerField(default=0)),
                    ('sent_at', models.DateTimeField(null=True)),
                    ('contact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.contact')),
                    ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('request', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='mails', to='directory.dutyrequest')),
                ],
                options={
                    'verbose_name': 'mail about the roster',
                    'verbose_name_plural': 'mails about the roster',
                    'ordering': ['made_at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='DutyShift',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('version', models.PositiveIntegerField(default=0, editable=False)),
                    ('rank', models.PositiveSmallIntegerField(default=1, verbose_name='rank')),
                    ('starts_at', models.DateTimeField(verbose_name='from')),
                    ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                    ('is_demo', models.BooleanField(default=False, verbose_name='demo')),
                    ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shifts', to='directory.contact', verbose_name='contact')),
                ],
                options={
                    'verbose_name': 'duty shift',
                    'verbose_name_plural': 'duty roster',
                    'ordering': ['partner', 'rank', 'starts_at'],
                },
            ),
            migrations.AddField(
                model_name='dutyrequest',
                name='in_return',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='directory.dutyshift'),
            ),
            migrations.AddField(
                model_name='dutyrequest',
                name='shift',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='directory.dutyshift'),
            ),
            migrations.CreateModel(
                name='Leave',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('version', models.PositiveIntegerField(default=0, editable=False)),
                    ('starts_at', models.DateTimeField(verbose_name='from')),
                    ('ends_at', models.DateTimeField(verbose_name='until')),
                    ('kind', models.CharField(choices=[('holiday', 'holiday'), ('health', 'health'), ('training', 'training'), ('other_duty', 'on duty elsewhere'), ('other', 'another reason')], default='holiday', max_length=16, verbose_name='reason')),
                    ('entered_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='entered at')),
                    ('is_demo', models.BooleanField(default=False, verbose_name='demo')),
                    ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leaves', to='directory.contact', verbose_name='contact')),
                    ('entered_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='entered by')),
                ],
                options={
                    'verbose_name': 'leave',
                    'verbose_name_plural': 'leave',
                    'ordering': ['-starts_at'],
                },
            ),
            migrations.CreateModel(
                name='Partner',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('version', models.PositiveIntegerField(default=0, editable=False)),
                    ('slug', models.SlugField(max_length=80, unique=True, verbose_name='key')),
                    ('role', models.CharField(choices=[('police', 'anti-trafficking police officer'), ('responsible_authority', 'Responsible Authority'), ('cpu', 'Child Protection Unit'), ('protection_service', 'protection service'), ('coordinator', 'Vatra coordinator'), ('mobile_unit', 'mobile unit on duty'), ('social_service', 'social service'), ('school', 'school'), ('psychologist', 'psychologist'), ('health', 'health service'), ('legal_aid', 'legal aid'), ('embassy_desk', 'embassy, through the Responsible Authority')], max_length=24, verbose_name='role')),
                    ('names', models.JSONField(verbose_name='names')),
                    ('services', models.JSONField(blank=True, default=list, verbose_name='services')),
                    ('is_active', models.BooleanField(default=True, verbose_name='active')),
                    ('is_demo', models.BooleanField(default=False, verbose_name='demo')),
                    ('directorate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='partners', to='access.policedirectorate', verbose_name='directorate')),
                    ('municipality', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='partners', to='access.municipality', verbose_name='municipality')),
                    ('regions', models.ManyToManyField(blank=True, related_name='partners', to='access.region', verbose_name='regions')),
                ],
                options={
                    'verbose_name': 'partner',
                    'verbose_name_plural': 'partners',
                    'ordering': ['role', 'slug'],
                },
            ),
            migrations.CreateModel(
                name='OfficeConflict',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('were_moved', models.BooleanField(default=False)),
                    ('found_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('checked_at', models.DateTimeField(null=True)),
                    ('confirmed_at', models.DateTimeField(null=True)),
                    ('checked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('kept', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.partner', verbose_name='office that stayed')),
                    ('switched_off', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='conflict', to='directory.partner', verbose_name='office switched off')),
                ],
                options={
                    'verbose_name': 'two offices for one area',
                    'verbose_name_plural': 'two offices for one area',
                    'ordering': ['found_at', 'pk'],
                },
            ),
            migrations.AddField(
                model_name='dutyshift',
                name='partner',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shifts', to='directory.partner', verbose_name='partner'),
            ),
            migrations.CreateModel(
                name='DirectoryChange',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('partner', 'partner'), ('contact', 'contact'), ('dutyshift', 'duty shift'), ('leave', 'leave of absence'), ('contactway', 'way to a contact'), ('agreement', 'agreement'), ('agreementrule', 'rule about agreements')], max_length=16, verbose_name='kind')),
                    ('act', models.CharField(choices=[('add', 'add'), ('change', 'change'), ('delete', 'delete')], max_length=8, verbose_name='what')),
                    ('entry_id', models.BigIntegerField(blank=True, null=True)),
                    ('values', vault.fields.SealedJSONField()),
                    ('at_once', models.BooleanField(default=False, verbose_name='emergency')),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked at')),
                    ('mailed_at', models.DateTimeField(editable=False, null=True)),
                    ('decision', models.CharField(choices=[('waiting', 'waiting'), ('agreed', 'agreed'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default='waiting', max_length=12, verbose_name='decision')),
                    ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                    ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                    ('office', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='directory.partner', verbose_name='partner')),
                ],
                options={
                    'verbose_name': 'change of the directory',
                    'verbose_name_plural': 'changes of the directory',
                    'ordering': ['-asked_at'],
                },
            ),
            migrations.AddField(
                model_name='contact',
                name='partner',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='directory.partner', verbose_name='partner'),
            ),
            migrations.CreateModel(
                name='Agreement',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('version', models.PositiveIntegerField(default=0, editable=False)),
                    ('reference', models.CharField(blank=True, max_length=80, verbose_name='reference')),
                    ('signed_on', models.DateField(blank=True, null=True, verbose_name='signed on')),
                    ('signed_by_us', models.CharField(blank=True, max_length=120, verbose_name='signed for Vatra by')),
                    ('signed_by_them', models.CharField(blank=True, max_length=120, verbose_name='signed for the partner by')),
                    ('valid_from', models.DateField(blank=True, null=True, verbose_name='in force from')),
                    ('valid_until', models.DateField(blank=True, null=True, verbose_name='valid until')),
                    ('withdrawn_on', models.DateField(blank=True, null=True, verbose_name='withdrawn on')),
                    ('review_on', models.DateField(blank=True, null=True, verbose_name='to be reviewed on')),
                    ('roles', models.JSONField(blank=True, default=list, verbose_name='roles')),
                    ('limits_facts', models.BooleanField(default=False, verbose_name='limits what may be shared')),
                    ('facts', models.JSONField(blank=True, default=list, verbose_name='what may be shared')),
                    ('is_demo', models.BooleanField(default=False, verbose_name='demo')),
                    ('directorates', models.ManyToManyField(blank=True, related_name='+', to='access.policedirectorate', verbose_name='police directorates')),
                    ('municipalities', models.ManyToManyField(blank=True, related_name='+', to='access.municipality', verbose_name='municipalities')),
                    ('regions', models.ManyToManyField(blank=True, related_name='+', to='access.region', verbose_name='regions')),
                    ('other_offices', models.ManyToManyField(blank=True, related_name='agreements_beside', to='directory.partner', verbose_name='further offices that it covers')),
                    ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='agreements', to='directory.partner', verbose_name='partner')),
                ],
                options={
                    'verbose_name': 'agreement',
                    'verbose_name_plural': 'agreements',
                },
            ),
            migrations.CreateModel(
                name='PlacesLink',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('link_hash', models.CharField(max_length=64, unique=True)),
                    ('link_token', vault.fields.SealedTextField()),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('wrong_pins', models.PositiveSmallIntegerField(default=0)),
                    ('ended_at', models.DateTimeField(blank=True, null=True)),
                    ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='places_links', to='directory.contact')),
                ],
                options={
                    'verbose_name': 'link for places',
                    'verbose_name_plural': 'links for places',
                    'ordering': ['-made_at'],
                },
            ),
            migrations.CreateModel(
                name='ServiceProfile',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sexes', models.JSONField(blank=True, default=list, verbose_name='for whom, by sex')),
                    ('age_from', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='from age')),
                    ('age_to', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='to age')),
                    ('takes_children', models.CharField(choices=[('yes', 'yes'), ('partly', 'partly'), ('no', 'no'), ('unknown', 'not known')], default='unknown', max_length=8, verbose_name='children can come along')),
                    ('step_free', models.CharField(choices=[('yes', 'yes'), ('partly', 'partly'), ('no', 'no'), ('unknown', 'not known')], default='unknown', max_length=8, verbose_name='accessible with a disability')),
                    ('where', models.CharField(blank=True, max_length=120, verbose_name='where')),
                    ('languages', models.JSONField(blank=True, default=list, verbose_name='languages')),
                    ('hours', models.CharField(blank=True, max_length=120, verbose_name='hours')),
                    ('phone', models.CharField(blank=True, max_length=32, verbose_name='phone')),
                    ('places_free', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='places free')),
                    ('confirmed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='places said at')),
                    ('checked_on', models.DateField(default=django.utils.timezone.localdate, editable=False, verbose_name='checked on')),
                    ('version', models.PositiveIntegerField(default=0, editable=False)),
                    ('is_demo', models.BooleanField(default=False, editable=False, verbose_name='demo')),
                    ('confirmed_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('confirmed_contact', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.contact')),
                    ('partner', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='profile', to='directory.partner', verbose_name='partner')),
                ],
                options={
                    'verbose_name': 'service',
                    'verbose_name_plural': 'services',
                    'ordering': ['partner__role', 'partner__slug'],
                },
            ),
            migrations.CreateModel(
                name='StaffPhone',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=60, verbose_name='name')),
                    ('secret', vault.fields.SealedJSONField(editable=False, null=True)),
                    ('endpoint_hash', models.CharField(max_length=64, unique=True)),
                    ('browser_hash', models.CharField(max_length=64)),
                    ('only_alarms', models.BooleanField(default=False, verbose_name='only alarms')),
                    ('added_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='added at')),
                    ('owed_at', models.DateTimeField(blank=True, null=True)),
                    ('next_try_at', models.DateTimeField(blank=True, null=True)),
                    ('tries', models.PositiveSmallIntegerField(default=0)),
                    ('woken_at', models.DateTimeField(blank=True, null=True, verbose_name='woken at')),
                    ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='phones', to='access.staffsession')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='phones', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'phone of a member of staff',
                    'verbose_name_plural': 'phones of staff',
                    'ordering': ['added_at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='WebhookKeyRequest',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('ends_old', models.BooleanField(default=False, verbose_name='the keys until now end at once')),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked at')),
                    ('decision', models.CharField(choices=[('waiting', 'waiting'), ('agreed', 'agreed'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default='waiting', max_length=12, verbose_name='decision')),
                    ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                    ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                    ('way', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='key_requests', to='directory.contactway', verbose_name='way to a contact')),
                ],
                options={
                    'verbose_name': "request for a webhook's key",
                    'verbose_name_plural': "requests for webhooks' keys",
                    'ordering': ['-asked_at'],
                },
            ),
            migrations.CreateModel(
                name='AgreementDocument',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('number', models.PositiveSmallIntegerField(verbose_name='version')),
                    ('content', vault.fields.SealedBytesField()),
                    ('size', models.PositiveIntegerField(verbose_name='size')),
                    ('added_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='added at')),
                    ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='added by')),
                    ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='directory.agreement')),
                ],
                options={
                    'verbose_name': 'signed document',
                    'verbose_name_plural': 'signed documents',
                    'ordering': ['-number'],
                    'constraints': [models.UniqueConstraint(fields=('agreement', 'number'), name='one_agreement_document_per_number')],
                },
            ),
            migrations.CreateModel(
                name='AgreementWarning',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('ends', 'ends soon'), ('over', 'over'), ('review', 'review due')], max_length=8)),
                    ('day', models.DateField()),
                    ('mailed_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='warnings', to='directory.agreement')),
                ],
                options={
                    'verbose_name': 'warning about an agreement',
                    'verbose_name_plural': 'warnings about agreements',
                    'ordering': ['-mailed_at'],
                    'constraints': [models.UniqueConstraint(fields=('agreement', 'kind', 'day'), name='one_agreement_warning_per_day')],
                },
            ),
            migrations.AddConstraint(
                model_name='contactway',
                constraint=models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('contact', 'channel', 'address'), name='one_way_per_address', violation_error_message='This contact has this way already.'),
            ),
            migrations.AddConstraint(
                model_name='contactway',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('hours_from__isnull', True), ('hours_until__isnull', True)), models.Q(('hours_from__isnull', False), ('hours_until__isnull', False)), _connector='OR'), name='way_hours_are_whole', violation_error_message='Give both times of day, or neither.'),
            ),
            migrations.AddConstraint(
                model_name='contactway',
                constraint=models.CheckConstraint(condition=models.Q(('after_minutes__lte', 60)), name='way_waits_an_hour_at_most', violation_error_message='A way waits 60 minutes at most.'),
            ),
            migrations.AddConstraint(
                model_name='contactway',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('channel', 'mailkey'), models.Q(('mail_key', ''), _negated=True)), models.Q(models.Q(('channel', 'mailkey'), _negated=True), ('mail_key', '')), _connector='OR'), name='way_key_is_of_a_mail', violation_error_message='Paste or upload the public key.'),
            ),
            migrations.AddConstraint(
                model_name='dutycalendar',
                constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('contact',), name='one_duty_calendar_for_each_contact'),
            ),
            migrations.AddConstraint(
                model_name='dutylink',
                constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('contact',), name='one_duty_link_for_each_contact'),
            ),
            migrations.AddIndex(
                model_name='dutymail',
                index=models.Index(fields=['sent_at', 'made_at'], name='directory_d_sent_at_cf4a39_idx'),
            ),
            migrations.AddConstraint(
                model_name='dutymail',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('contact__isnull', False), ('user__isnull', True)), models.Q(('contact__isnull', True), ('user__isnull', False)), _connector='OR'), name='duty_mail_has_one_reader'),
            ),
            migrations.AddIndex(
                model_name='dutyrequest',
                index=models.Index(fields=['stage', 'starts_at'], name='directory_d_stage_07dfd6_idx'),
            ),
            migrations.AddConstraint(
                model_name='dutyrequest',
                constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='duty_request_ends_after_start'),
            ),
            migrations.AddConstraint(
                model_name='dutyrequest',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('colleague__isnull', True), ('kind', 'leave')), models.Q(('kind', 'swap'), ('colleague__isnull', False)), _connector='OR'), name='duty_request_swap_has_a_colleague'),
            ),
            migrations.AddConstraint(
                model_name='dutyrequest',
                constraint=models.CheckConstraint(condition=models.Q(('colleague__isnull', True), models.Q(('colleague', models.F('contact')), _negated=True), _connector='OR'), name='duty_request_colleague_is_another'),
            ),
            migrations.AddConstraint(
                model_name='dutyrequest',
                constraint=models.CheckConstraint(condition=models.Q(('agreed_by__isnull', True), models.Q(('stage', 'agreed'), _negated=True), models.Q(('ended_by', models.F('agreed_by')), _negated=True), _connector='OR'), name='duty_request_takes_two'),
            ),
            migrations.AddConstraint(
                model_name='dutyrequest',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('stage__in', ['colleague', 'coordinator', 'second'])), models.Q(models.Q(('stage__in', ['colleague', 'coordinator', 'second']), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='duty_request_is_ended_whole'),
            ),
            migrations.AddConstraint(
                model_name='dutyrequest',
                constraint=models.UniqueConstraint(condition=models.Q(('shift__isnull', False), ('stage__in', ['colleague', 'coordinator', 'second'])), fields=('shift',), name='one_open_swap_for_each_shift'),
            ),
            migrations.AddConstraint(
                model_name='leave',
                constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='leave_ends_after_start'),
            ),
            migrations.AddConstraint(
                model_name='partner',
                constraint=models.UniqueConstraint(condition=models.Q(('directorate__isnull', False), ('is_active', True), ('role', 'police')), fields=('directorate',), name='one_police_office_per_directorate', violation_error_message='Another active office answers for this police directorate already.'),
            ),
            migrations.AddConstraint(
                model_name='partner',
                constraint=models.UniqueConstraint(condition=models.Q(('is_active', True), ('municipality__isnull', False), ('role', 'cpu')), fields=('municipality',), name='one_cpu_per_municipality', violation_error_message='Another active office answers for this municipality already.'),
            ),
            migrations.AddConstraint(
                model_name='partner',
                constraint=models.UniqueConstraint(condition=models.Q(('is_active', True), ('role', 'responsible_authority')), fields=('role',), name='one_responsible_authority', violation_error_message='There is an active Responsible Authority already.'),
            ),
            migrations.AddConstraint(
                model_name='officeconflict',
                constraint=models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), models.Q(('checked_by__isnull', False), models.Q(('confirmed_by', models.F('checked_by')), _negated=True)), _connector='OR'), name='office_conflict_takes_two'),
            ),
            migrations.AddConstraint(
                model_name='dutyshift',
                constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='shift_ends_after_start', violation_error_message='The shift ends before it starts.'),
            ),
            migrations.AddConstraint(
                model_name='dutyshift',
                constraint=models.CheckConstraint(condition=models.Q(('rank__gte', 1)), name='shift_rank_from_one', violation_error_message='Ranks start at 1.'),
            ),
            migrations.AddIndex(
                model_name='directorychange',
                index=models.Index(fields=['decision', '-asked_at'], name='directory_d_decisio_22a666_idx'),
            ),
            migrations.AddConstraint(
                model_name='directorychange',
                constraint=models.CheckConstraint(condition=models.Q(('decision__in', ['waiting', 'withdrawn']), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='directory_change_takes_two'),
            ),
            migrations.AddConstraint(
                model_name='directorychange',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('decision', 'waiting')), models.Q(models.Q(('decision', 'waiting'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='directory_change_is_decided_whole'),
            ),
            migrations.AddConstraint(
                model_name='placeslink',
                constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('contact',), name='one_places_link_for_each_contact'),
            ),
            migrations.AddConstraint(
                model_name='serviceprofile',
                constraint=models.CheckConstraint(condition=models.Q(('age_from__isnull', True), ('age_to__isnull', True), ('age_from__lte', models.F('age_to')), _connector='OR'), name='service_ages_in_order', violation_error_message='The first age is above the last.'),
            ),
            migrations.AddIndex(
                model_name='staffphone',
                index=models.Index(condition=models.Q(('owed_at__isnull', False)), fields=['next_try_at'], name='staff_phone_due'),
            ),
            migrations.AddConstraint(
                model_name='staffphone',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('next_try_at__isnull', True), ('owed_at__isnull', True)), models.Q(('next_try_at__isnull', False), ('owed_at__isnull', False)), _connector='OR'), name='staff_phone_owes_at_a_time'),
            ),
            migrations.AddConstraint(
                model_name='webhookkeyrequest',
                constraint=models.UniqueConstraint(condition=models.Q(('decision', 'waiting')), fields=('way',), name='one_key_request_waits_per_way'),
            ),
            migrations.AddConstraint(
                model_name='webhookkeyrequest',
                constraint=models.CheckConstraint(condition=models.Q(('decision__in', ['waiting', 'withdrawn']), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='webhook_key_takes_two'),
            ),
            migrations.AddConstraint(
                model_name='webhookkeyrequest',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('decision', 'waiting')), models.Q(models.Q(('decision', 'waiting'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='webhook_key_is_decided_whole'),
            ),
        ]),
    ]
