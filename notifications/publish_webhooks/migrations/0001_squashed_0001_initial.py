from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('publish_webhooks', '0001_initial'),
    ]

    dependencies = [
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='PublishWebhook',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=40, unique=True, verbose_name='name')),
                    ('kinds', models.JSONField(default=list)),
                    ('languages', models.JSONField(default=list)),
                    ('reference', models.CharField(blank=True, default='', max_length=32)),
                    ('changed_at', models.DateTimeField(blank=True, null=True)),
                    ('next_try_at', models.DateTimeField(blank=True, null=True)),
                    ('tries', models.PositiveSmallIntegerField(default=0)),
                    ('taken_at', models.DateTimeField(blank=True, null=True)),
                    ('failing_since', models.DateTimeField(blank=True, null=True)),
                    ('error_code', models.CharField(blank=True, default='', max_length=40)),
                ],
                options={
                    'verbose_name': 'webhook about public content',
                    'verbose_name_plural': 'webhooks about public content',
                    'ordering': ['name'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('next_try_at__isnull', True), models.Q(('changed_at__isnull', False), models.Q(('reference', ''), _negated=True)), _connector='OR'), name='publish_webhook_owes_a_change')],
                },
            ),
        ]),
    ]
