import case_forms.session_requests.models
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
        ('session_requests', '0001_initial'),
        ('session_requests', '0002_withdrawn'),
    ]

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
        ('builder', '0001_squashed_0006_facts_catalogue'),
        ('outreach_pages', '0001_squashed_0018_plans_made_on_phones'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='SessionRequest',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('reference', models.CharField(default=case_forms.session_requests.models.new_request_reference, max_length=8, unique=True, verbose_name='reference')),
                    ('language', models.CharField(default='sq', max_length=5, verbose_name='language')),
                    ('answers', vault.fields.SealedJSONField(default=dict)),
                    ('send_key', models.CharField(max_length=64, unique=True)),
                    ('receipt_hash', models.CharField(blank=True, max_length=100, null=True, unique=True)),
                    ('received_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='received at')),
                    ('above_budget', models.BooleanField(default=False)),
                    ('state', models.CharField(choices=[('new', 'not read yet'), ('taken', 'being handled'), ('answered', 'answered'), ('planned', 'session planned'), ('declined', 'declined'), ('withdrawn', 'withdrawn')], default='new', max_length=12, verbose_name='state')),
                    ('taken_at', models.DateTimeField(blank=True, null=True, verbose_name='handled since')),
                    ('answer', models.CharField(blank=True, choices=[('day', 'We offer this day; we contact you to agree on it.'), ('contact', 'We contact you soon to agree on a day.'), ('later', 'We have no free day now; we contact you as soon as there is one.')], max_length=12, verbose_name='answer')),
                    ('offered_on', models.DateField(blank=True, null=True, verbose_name='offered day')),
                    ('decline_reason', models.CharField(blank=True, choices=[('no_day', 'We have no free day in the weeks that you named.'), ('too_few', 'The group is too small for a session of its own.'), ('not_ours', "This isn't something that our sessions are about."), ('not_reached', "We couldn't reach you with the contact that you left."), ('other', "We can't hold this session.")], max_length=12, verbose_name='why it is declined')),
                    ('answer_text', vault.fields.SealedTextField(blank=True)),
                    ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered at')),
                    ('handed_at', models.DateTimeField(blank=True, null=True, verbose_name='handed to the centre at')),
                    ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn at')),
                    ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed at')),
                    ('next_mark_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                    ('chase_id', models.UUIDField(blank=True, null=True)),
                    ('chases', models.PositiveIntegerField(default=0)),
                    ('forget_after', models.DateField(blank=True, db_index=True, null=True)),
                    ('forgotten_at', models.DateTimeField(blank=True, null=True)),
                    ('form_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='builder.formversion', verbose_name='form')),
                    ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.municipality', verbose_name='municipality')),
                    ('session', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outreach_pages.informativesession', verbose_name='informative session')),
                    ('taken_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='handled by')),
                    ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.mobileunit', verbose_name='mobile unit')),
                ],
                options={
                    'verbose_name': 'session request',
                    'verbose_name_plural': 'session requests',
                    'ordering': ['received_at', 'pk'],
                    'indexes': [models.Index(fields=['unit', 'state', 'received_at'], name='request_unit_state'), models.Index(fields=['state', 'closed_at'], name='request_state_closed')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['new', 'taken', 'answered', 'planned', 'declined', 'withdrawn'])), name='request_known_state'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state__in', ['planned', 'declined', 'withdrawn'])), models.Q(('closed_at__isnull', True), ('state__in', ['new', 'taken', 'answered'])), _connector='OR'), name='request_closed_says_when'), models.CheckConstraint(condition=models.Q(models.Q(('session__isnull', False), ('state', 'planned')), models.Q(models.Q(('state', 'planned'), _negated=True), ('session__isnull', True)), _connector='OR'), name='request_planned_has_its_session'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'declined'), models.Q(('decline_reason', ''), _negated=True)), models.Q(models.Q(('state', 'declined'), _negated=True), ('decline_reason', '')), _connector='OR'), name='request_declined_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['new', 'withdrawn']), ('taken_at__isnull', True), ('taken_by__isnull', True)), models.Q(models.Q(('state', 'new'), _negated=True), ('taken_at__isnull', False), ('taken_by__isnull', False)), _connector='OR'), name='request_taken_says_by_whom'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'withdrawn'), ('withdrawn_at__isnull', False)), ('state', 'planned'), models.Q(models.Q(('state__in', ['withdrawn', 'planned']), _negated=True), ('withdrawn_at__isnull', True)), _connector='OR'), name='request_withdrawn_says_when')],
                },
            ),
        ]),
    ]
