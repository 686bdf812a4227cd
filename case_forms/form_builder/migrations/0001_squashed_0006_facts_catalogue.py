import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables

from ..triggers import FORM_VERSIONS


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('builder', '0001_initial'),
        ('builder', '0002_triggers'),
        ('builder', '0003_second_pair_of_eyes'),
        ('builder', '0004_what_is_live'),
        ('builder', '0005_what_was_submitted'),
        ('builder', '0006_facts_catalogue'),
    ]

    dependencies = [
        ('wagtailcore', '0098_apitoken'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='FormApprovalTask',
                fields=[
                    ('task_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='wagtailcore.task')),
                ],
                options={
                    'verbose_name': 'approval of a form by another coordinator',
                    'verbose_name_plural': 'approvals of forms by another coordinator',
                },
                bases=('wagtailcore.task',),
            ),
            migrations.CreateModel(
                name='ChoiceList',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.SlugField(max_length=64, unique=True, verbose_name='key')),
                    ('title', models.JSONField(default=dict, verbose_name='title')),
                    ('choices', models.JSONField(default=list, verbose_name='choices')),
                    ('latest_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='latest revision')),
                ],
                options={
                    'verbose_name': 'list of choices',
                    'verbose_name_plural': 'lists of choices',
                    'ordering': ['key'],
                },
            ),
            migrations.CreateModel(
                name='FormDefinition',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('live', models.BooleanField(default=True, editable=False, verbose_name='live')),
                    ('has_unpublished_changes', models.BooleanField(default=False, editable=False, verbose_name='has unpublished changes')),
                    ('first_published_at', models.DateTimeField(blank=True, db_index=True, null=True, verbose_name='first published at')),
                    ('last_published_at', models.DateTimeField(editable=False, null=True, verbose_name='last published at')),
                    ('go_live_at', models.DateTimeField(blank=True, null=True, verbose_name='go live date/time')),
                    ('expire_at', models.DateTimeField(blank=True, null=True, verbose_name='expiry date/time')),
                    ('expired', models.BooleanField(default=False, editable=False, verbose_name='expired')),
                    ('locked', models.BooleanField(default=False, editable=False, verbose_name='locked')),
                    ('locked_at', models.DateTimeField(editable=False, null=True, verbose_name='locked at')),
                    ('key', models.SlugField(max_length=64, unique=True, verbose_name='key')),
                    ('definition', models.JSONField(default=dict, verbose_name='definition')),
                    ('is_archived', models.BooleanField(default=False, verbose_name='archived')),
                    ('latest_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='latest revision')),
                    ('live_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='live revision')),
                    ('locked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='locked_%(class)ss', to=settings.AUTH_USER_MODEL, verbose_name='locked by')),
                ],
                options={
                    'verbose_name': 'form',
                    'verbose_name_plural': 'forms',
                    'ordering': ['key'],
                },
            ),
            migrations.CreateModel(
                name='SubmittedForm',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sha256', models.CharField(max_length=64, verbose_name='sha256')),
                    ('state', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='submitted_form', to='wagtailcore.taskstate', verbose_name='state')),
                ],
                options={
                    'verbose_name': 'form sent for approval',
                    'verbose_name_plural': 'forms sent for approval',
                },
            ),
            migrations.CreateModel(
                name='CaseFactType',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.SlugField(max_length=64, unique=True, verbose_name='key')),
                    ('label', models.JSONField(default=dict, verbose_name='label')),
                    ('type', models.CharField(choices=[('text', 'text'), ('long_text', 'long_text'), ('phone', 'phone'), ('email', 'email'), ('integer', 'integer'), ('decimal', 'decimal'), ('date', 'date'), ('approximate_date', 'approximate_date'), ('datetime', 'datetime'), ('time', 'time'), ('boolean', 'boolean'), ('yes_no_unknown', 'yes_no_unknown'), ('select_one', 'select_one'), ('select_many', 'select_many'), ('municipality', 'municipality'), ('partner', 'partner')], max_length=32, verbose_name='type')),
                    ('choices', models.JSONField(blank=True, default=list, verbose_name='choices')),
                    ('choices_from', models.CharField(blank=True, max_length=80, verbose_name='list')),
                    ('sensitivity', models.CharField(default='special', max_length=16, verbose_name='sensitivity')),
                    ('receivers', models.JSONField(blank=True, default=list, verbose_name='who may receive it')),
                    ('head_order', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='place at the head of the case')),
                    ('identity_part', models.CharField(blank=True, max_length=16, verbose_name='part of the identity')),
                    ('is_lasting', models.BooleanField(default=True, verbose_name='lasting')),
                    ('pending', models.JSONField(blank=True, editable=False, null=True)),
                    ('pending_at', models.DateTimeField(blank=True, editable=False, null=True)),
                    ('pending_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'kind of detail about a person',
                    'verbose_name_plural': 'details about a person',
                    'ordering': ['key'],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('pending__isnull', True), ('pending_at__isnull', True), ('pending_by__isnull', True)), models.Q(('pending__isnull', False), ('pending_at__isnull', False), ('pending_by__isnull', False)), _connector='OR'), name='pending_change_of_a_fact_is_whole')],
                },
            ),
            migrations.CreateModel(
                name='FormVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField(verbose_name='number')),
                    ('canonical', models.TextField(verbose_name='canonical JSON')),
                    ('sha256', models.CharField(max_length=64, verbose_name='sha256')),
                    ('published_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='published at')),
                    ('form', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='builder.formdefinition', verbose_name='form')),
                    ('published_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL, verbose_name='published by')),
                    ('submitted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='submitted_form_versions', to=settings.AUTH_USER_MODEL, verbose_name='submitted by')),
                ],
                options={
                    'verbose_name': 'form version',
                    'verbose_name_plural': 'form versions',
                    'ordering': ['form', '-number'],
                    'constraints': [models.UniqueConstraint(fields=('form', 'number'), name='one_form_version_per_number')],
                },
            ),
        ]),
        FORM_VERSIONS.operation(),
    ]
