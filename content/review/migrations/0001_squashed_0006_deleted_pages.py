import content.models.reviewed_page
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('review', '0001_initial'),
        ('review', '0002_deletion_request'),
        ('review', '0003_what_was_submitted'),
        ('review', '0004_news_of_words'),
        ('review', '0005_news_of_proposals'),
        ('review', '0006_deleted_pages'),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('wagtailcore', '0098_apitoken'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='DeletedPagesRoot',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ],
                options={
                    'verbose_name': 'deleted pages',
                    'verbose_name_plural': 'deleted pages',
                },
                bases=(content.models.reviewed_page.ReviewedPage, 'wagtailcore.page'),
            ),
            migrations.CreateModel(
                name='DeletedPage',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('deleted_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='deleted at')),
                    ('why', models.CharField(blank=True, max_length=255, verbose_name='why')),
                    ('slug', models.CharField(max_length=255, verbose_name='slug')),
                    ('above', models.JSONField(default=list)),
                    ('pages', models.PositiveIntegerField(default=1, verbose_name='pages')),
                    ('live_before', models.PositiveIntegerField(default=0, verbose_name='published before')),
                    ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                    ('deleted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='deleted by')),
                    ('erasure_asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='deletion for good asked by')),
                    ('page', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='deletion', to=settings.WAGTAIL_PAGE_MODEL, verbose_name='page')),
                ],
                options={
                    'verbose_name': 'deleted page',
                    'verbose_name_plural': 'deleted pages',
                    'ordering': ['-deleted_at', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='DeletionRequest',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked at')),
                    ('why', models.CharField(max_length=255, verbose_name='why')),
                    ('for_good', models.BooleanField(default=False, verbose_name='for good')),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                    ('page', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='deletion_request', to=settings.WAGTAIL_PAGE_MODEL, verbose_name='page')),
                ],
                options={
                    'verbose_name': 'request to delete a page',
                    'verbose_name_plural': 'requests to delete pages',
                    'ordering': ['asked_at'],
                },
            ),
            migrations.CreateModel(
                name='EditorNews',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('what', models.CharField(choices=[('unpublished', 'a page was unpublished'), ('deleted', 'a page was deleted'), ('restored', 'a deleted page was restored, as a draft'), ('erasure', 'somebody asks to delete a deleted page for good'), ('erased', 'a page was deleted for good'), ('moved', 'a page was moved'), ('privacy', 'who may read a page was changed'), ('redirect', 'a redirect was added, changed or deleted'), ('line', 'the texts of a helpline were changed'), ('line_number', 'a helpline has a new number; readers see it once another editor has called it'), ('line_shown', 'a helpline is to be shown to readers'), ('line_hidden', 'a helpline was hidden from readers'), ('line_deleted', 'a helpline was deleted'), ('ways_dead', 'a way of a helpline didn’t work; readers see it once another editor has tried it'), ('ways_due', 'the ways of a helpline haven’t been tried for a long time'), ('word', 'a word of the glossary was added, changed or deleted'), ('picture', 'the name or description of a picture or file was changed'), ('not_published', 'a page was not published at its hour'), ('proposed', 'the service proposes new words for a page')], max_length=16, verbose_name='what')),
                    ('title', models.CharField(max_length=255, verbose_name='title')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                    ('told_at', models.DateTimeField(null=True, verbose_name='notified at')),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ],
                options={
                    'verbose_name': 'news for editors',
                    'verbose_name_plural': 'news for editors',
                    'ordering': ['at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='PageReviewTask',
                fields=[
                    ('task_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='wagtailcore.task')),
                    ('groups', models.ManyToManyField(help_text='Pages/snippets at this step in a workflow will be moderated or approved by these groups of users', to='auth.group', verbose_name='groups')),
                ],
                options={
                    'verbose_name': 'approval of a page by another editor',
                    'verbose_name_plural': 'approvals of pages by another editor',
                },
                bases=('wagtailcore.task',),
            ),
            migrations.CreateModel(
                name='Submitted',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('fingerprint', models.CharField(max_length=64, verbose_name='fingerprint')),
                    ('authors', models.JSONField(default=list, verbose_name='authors')),
                    ('state', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='submitted', to='wagtailcore.taskstate', verbose_name='state')),
                ],
                options={
                    'verbose_name': 'text sent for approval',
                    'verbose_name_plural': 'texts sent for approval',
                },
            ),
        ]),
    ]
