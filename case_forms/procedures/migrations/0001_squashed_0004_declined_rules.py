import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables

from ..triggers import WITH_SOURCE


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('procedures', '0001_initial'),
        ('procedures', '0002_triggers'),
        ('procedures', '0003_two_people'),
        ('procedures', '0004_declined_rules'),
    ]

    dependencies = [
        ('wagtailcore', '0098_apitoken'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='Procedure',
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
                    ('latest_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='latest revision')),
                    ('live_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='live revision')),
                    ('locked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='locked_%(class)ss', to=settings.AUTH_USER_MODEL, verbose_name='locked by')),
                ],
                options={
                    'verbose_name': 'procedure',
                    'verbose_name_plural': 'procedures',
                    'ordering': ['key'],
                },
            ),
            migrations.CreateModel(
                name='ProcedureVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField(verbose_name='number')),
                    ('canonical', models.TextField(verbose_name='canonical JSON')),
                    ('sha256', models.CharField(max_length=64, verbose_name='sha256')),
                    ('published_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='published at')),
                    ('legal_source', models.TextField(blank=True, verbose_name='what it rests on')),
                    ('note', models.TextField(blank=True, verbose_name='note')),
                    ('in_force_from', models.DateTimeField(verbose_name='in force from')),
                    ('in_force_until', models.DateTimeField(blank=True, null=True, verbose_name='in force until')),
                    ('procedure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='procedures.procedure', verbose_name='procedure')),
                    ('published_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL, verbose_name='published by')),
                    ('submitted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='submitted_procedure_versions', to=settings.AUTH_USER_MODEL, verbose_name='submitted by')),
                ],
                options={
                    'verbose_name': 'procedure version',
                    'verbose_name_plural': 'procedure versions',
                    'ordering': ['procedure', '-number'],
                },
            ),
            migrations.CreateModel(
                name='ProcedureWithdrawal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('withdrawn_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='withdrawn at')),
                    ('reason', models.TextField(verbose_name='reason')),
                    ('version', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawal', to='procedures.procedureversion', verbose_name='procedure version')),
                    ('withdrawn_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='withdrawn by')),
                ],
                options={
                    'verbose_name': 'withdrawal of a procedure version',
                    'verbose_name_plural': 'withdrawals of procedure versions',
                },
            ),
            migrations.CreateModel(
                name='SubmittedProcedure',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('in_force_from', models.DateTimeField(blank=True, null=True, verbose_name='in force from')),
                    ('legal_source', models.TextField(verbose_name='what it rests on')),
                    ('note', models.TextField(blank=True, verbose_name='note')),
                    ('state', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='submitted_procedure', to='wagtailcore.taskstate', verbose_name='state')),
                ],
                options={
                    'verbose_name': 'procedure sent for approval',
                    'verbose_name_plural': 'procedures sent for approval',
                },
            ),
            migrations.CreateModel(
                name='DeclinedRule',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('rule', models.CharField(max_length=64, verbose_name='rule')),
                    ('sha256', models.CharField(max_length=64)),
                    ('reason', models.TextField(verbose_name='reason')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='declined at')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='declined by')),
                    ('procedure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='declined_rules', to='procedures.procedure', verbose_name='procedure')),
                ],
                options={
                    'verbose_name': 'declined rule of a release',
                    'verbose_name_plural': 'declined rules of a release',
                    'constraints': [models.UniqueConstraint(fields=('procedure', 'rule'), name='one_answer_per_offered_rule')],
                },
            ),
            migrations.AddConstraint(
                model_name='procedureversion',
                constraint=models.UniqueConstraint(fields=('procedure', 'number'), name='one_procedure_version_per_number'),
            ),
        ]),
        WITH_SOURCE.operation(),
    ]
