import content.external_preview
import content.models.hotline_audiences
import content.models.hotline_languages
import content.models.hotline_ways
import content.models.reviewed_page
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import modelcluster.fields
import uuid
import wagtail.fields
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables


GRANTS = {"Editors": ("add", "change", "view"), "Moderators": ("add", "change", "delete", "view")}
KEPT = {
    "hotline": "telephone line",
    "glossaryterm": "word explained",
    "searchanswer": "best answer",
    "searchsynonyms": "words that mean the same",
}


def editors_keep_them(apps, schema_editor):
    """Editors and moderators keep lines, explained words and what the search knows; moderators may also delete."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    for model, name in KEPT.items():
        kind, _created = ContentType.objects.get_or_create(app_label="content", model=model)
        for group_name, verbs in GRANTS.items():
            group, _created = Group.objects.get_or_create(name=group_name)
            for verb in verbs:
                permission, _created = Permission.objects.get_or_create(
                    content_type=kind, codename=f"{verb}_{model}", defaults={"name": f"Can {verb} {name}"}
                )
                group.permissions.add(permission)


def make_search_configuration(apps, schema_editor):
    """Take words as they are, without dots and hooks where the database can (PostgreSQL)."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_ts_config WHERE cfgname = 'vatra'")
        if cursor.fetchone():
            return
        cursor.execute("CREATE TEXT SEARCH CONFIGURATION vatra (COPY = simple)")
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'unaccent'")
        if cursor.fetchone():  # part of PostgreSQL's usual packages; a database's owner may install it
            cursor.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
            cursor.execute(
                "ALTER TEXT SEARCH CONFIGURATION vatra"
                " ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple"
            )


def remove_search_configuration(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TEXT SEARCH CONFIGURATION IF EXISTS vatra")


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('content', '0001_initial'),
        ('content', '0002_editors_keep_hotlines'),
        ('content', '0003_public_site'),
        ('content', '0004_search_on_postgresql'),
        ('content', '0005_languages_of_lines'),
        ('content', '0006_search_words'),
        ('content', '0007_words'),
        ('content', '0008_legal_mark_facts'),
        ('content', '0009_line_calls_by_another'),
        ('content', '0010_home_doors_and_foot'),
        ('content', '0011_hotline_ways'),
        ('content', '0012_language_page'),
        ('content', '0013_ways_are_tried_again'),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('access', '0001_squashed_0008_phones_that_store'),
        ('wagtailcore', '0098_apitoken'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='ArticlePage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('body', models.JSONField(blank=True, verbose_name='body')),
                ],
                options={
                    'verbose_name': 'article',
                    'verbose_name_plural': 'articles',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='DownloadPage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('files', models.JSONField(blank=True, verbose_name='files')),
                    ('body', models.JSONField(blank=True, verbose_name='below the files')),
                ],
                options={
                    'verbose_name': 'download page',
                    'verbose_name_plural': 'download pages',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='GlossaryPage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('body', models.JSONField(blank=True, verbose_name='above the glossary')),
                ],
                options={
                    'verbose_name': 'glossary page',
                    'verbose_name_plural': 'glossary pages',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='HelpPage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('body', models.JSONField(blank=True, verbose_name='body')),
                ],
                options={
                    'verbose_name': 'help page',
                    'verbose_name_plural': 'help pages',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='HomePage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('doors', models.JSONField(blank=True, default=list, help_text='At most three, each with its one next step. Without any, the way to the help page stands here.', verbose_name='doors')),
                    ('body', models.JSONField(blank=True, verbose_name='body')),
                    ('foot', models.JSONField(blank=True, default=list, help_text='Every page leads to these below: who we are, how to reach us, the privacy notice.', verbose_name='pages at the foot')),
                ],
                options={
                    'verbose_name': 'home page',
                    'verbose_name_plural': 'home pages',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='LanguagePage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('spoken', models.CharField(choices=[('it', 'Italiano'), ('el', 'Ελληνικά'), ('tr', 'Türkçe'), ('ar', 'العربية'), ('uk', 'Українська'), ('fa', 'فارسی / دری'), ('rom', 'Romani'), ('mk', 'Македонски'), ('sr', 'Srpski'), ('bs', 'Bosanski'), ('de', 'Deutsch'), ('fr', 'Français'), ('es', 'Español'), ('ru', 'Русский')], max_length=3, verbose_name='language of the page')),
                    ('body', models.JSONField(blank=True, verbose_name='body')),
                    ('speaker', models.CharField(blank=True, help_text='Who speaks the language and has read every word. For colleagues; never shown to readers.', max_length=120, verbose_name='read by')),
                    ('speaker_read_on', models.DateField(blank=True, null=True, verbose_name='read on')),
                    ('speaker_read_text', models.CharField(blank=True, editable=False, max_length=80)),
                ],
                options={
                    'verbose_name': 'page in another language',
                    'verbose_name_plural': 'pages in other languages',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='QuestionsPage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('questions', models.JSONField(blank=True, verbose_name='questions')),
                    ('body', models.JSONField(blank=True, verbose_name='below the questions')),
                ],
                options={
                    'verbose_name': 'page of questions and answers',
                    'verbose_name_plural': 'pages of questions and answers',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='SearchPage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('body', models.JSONField(blank=True, verbose_name='body')),
                ],
                options={
                    'verbose_name': 'search page',
                    'verbose_name_plural': 'search pages',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='SectionPage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('body', models.JSONField(blank=True, verbose_name='body')),
                ],
                options={
                    'verbose_name': 'section',
                    'verbose_name_plural': 'sections',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='SeededText',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('fingerprint', models.CharField(blank=True, editable=False, max_length=64, verbose_name='fingerprint')),
                    ('key', models.CharField(max_length=100, unique=True, verbose_name='key')),
                    ('seeded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                ],
                options={
                    'verbose_name': 'initial text',
                    'verbose_name_plural': 'initial texts',
                },
            ),
            migrations.CreateModel(
                name='StepsPage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('steps', models.JSONField(blank=True, verbose_name='steps')),
                    ('body', models.JSONField(blank=True, verbose_name='below the steps')),
                ],
                options={
                    'verbose_name': 'step-by-step page',
                    'verbose_name_plural': 'step-by-step pages',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='StoryPage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('warning', models.CharField(blank=True, help_text='Shown before the story, so that the reader can choose. Leave empty if there is none.', max_length=255, verbose_name='sensitive content')),
                    ('body', models.JSONField(blank=True, verbose_name='story')),
                ],
                options={
                    'verbose_name': 'story',
                    'verbose_name_plural': 'stories',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='Hotline',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.SlugField(unique=True, verbose_name='key')),
                    ('number', models.CharField(blank=True, max_length=20, validators=[django.core.validators.RegexValidator('^\\+?[0-9][0-9 ]*$', 'Write digits and spaces only, such as 116 111.')], verbose_name='number')),
                    ('for_danger', models.BooleanField(default=False, help_text='Emergency helplines come first on every page.', verbose_name='for immediate danger')),
                    ('order', models.PositiveSmallIntegerField(default=100, verbose_name='order')),
                    ('name_sq', models.CharField(max_length=120, verbose_name='name (Albanian)')),
                    ('name_en', models.CharField(max_length=120, verbose_name='name (English)')),
                    ('short_sq', models.CharField(max_length=30, verbose_name='short name (Albanian)')),
                    ('short_en', models.CharField(max_length=30, verbose_name='short name (English)')),
                    ('for_whom_sq', models.CharField(blank=True, max_length=200, verbose_name='for whom (Albanian)')),
                    ('for_whom_en', models.CharField(blank=True, max_length=200, verbose_name='for whom (English)')),
                    ('use_sq', models.CharField(blank=True, max_length=300, verbose_name='what for (Albanian)')),
                    ('use_en', models.CharField(blank=True, max_length=300, verbose_name='what for (English)')),
                    ('hours_sq', models.CharField(blank=True, help_text='Leave empty when the hours are not known.', max_length=80, verbose_name='hours (Albanian)')),
                    ('hours_en', models.CharField(blank=True, max_length=80, verbose_name='hours (English)')),
                    ('cost_sq', models.CharField(blank=True, max_length=80, verbose_name='cost (Albanian)')),
                    ('cost_en', models.CharField(blank=True, max_length=80, verbose_name='cost (English)')),
                    ('languages', models.JSONField(blank=True, default=list, validators=[content.models.hotline_languages.check_codes], verbose_name='languages spoken')),
                    ('serves', models.JSONField(blank=True, default=list, validators=[content.models.hotline_audiences.check_served], verbose_name='whom it listens to')),
                    ('ways', models.JSONField(blank=True, default=list, editable=False, validators=[content.models.hotline_ways.check_ways], verbose_name='other ways')),
                    ('ways_need_try', models.BooleanField(default=False, editable=False, verbose_name="ways wait for another editor's try")),
                    ('ways_tried_on', models.DateField(editable=False, null=True, verbose_name='ways tried on')),
                    ('ways_told_on', models.DateField(editable=False, null=True)),
                    ('publish', models.CharField(choices=[('yes', 'yes, show it'), ('verify_first', 'not until a test call'), ('no', 'no')], default='no', max_length=16, verbose_name='show to readers')),
                    ('confidence', models.CharField(choices=[('high', 'high'), ('medium', 'medium'), ('low', 'low')], default='low', max_length=8, verbose_name='confidence')),
                    ('source', models.TextField(help_text='Where the number and the hours were found. Not shown.', verbose_name='source')),
                    ('notes', models.TextField(blank=True, verbose_name='notes for staff')),
                    ('verified_on', models.DateField(blank=True, null=True, verbose_name='last test call')),
                    ('verified_by', models.CharField(blank=True, max_length=80, verbose_name='tested by')),
                    ('never_stale', models.BooleanField(default=False, help_text='Only for emergency numbers: a missing one does more harm than an old one.', verbose_name='shown even when not tested recently')),
                    ('needs_call', models.BooleanField(default=False, editable=False, verbose_name="waits for another editor's call")),
                    ('first_shown_on', models.DateField(blank=True, editable=False, null=True, verbose_name='first shown on')),
                    ('changed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='number entered by')),
                    ('ways_changed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ways entered by')),
                ],
                options={
                    'verbose_name': 'helpline',
                    'verbose_name_plural': 'helplines',
                    'ordering': ['-for_danger', 'order', 'key'],
                },
            ),
            migrations.CreateModel(
                name='SearchAnswer',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('words', models.JSONField(default=list, verbose_name='search terms')),
                    ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL, verbose_name='page')),
                ],
                options={
                    'verbose_name': 'promoted result',
                    'verbose_name_plural': 'promoted results',
                    'ordering': ['pk'],
                },
            ),
            migrations.CreateModel(
                name='SearchSynonyms',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('words', models.JSONField(default=list, verbose_name='synonyms')),
                    ('locale', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtailcore.locale', verbose_name='language')),
                ],
                options={
                    'verbose_name': 'synonyms',
                    'verbose_name_plural': 'synonyms',
                    'ordering': ['locale', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='ServicePage',
                fields=[
                    ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                    ('legal_check', models.CharField(blank=True, choices=[('open', 'not checked by a lawyer yet'), ('checked', 'checked by a lawyer')], help_text='Readers see it. Empty: the page says nothing of the law. Open again once the text changes.', max_length=8, verbose_name='legal check')),
                    ('legal_checked_on', models.DateField(blank=True, null=True, verbose_name='checked by the lawyer on')),
                    ('legal_checked_by', models.CharField(blank=True, help_text='For colleagues; never shown to readers.', max_length=120, verbose_name='name of the lawyer')),
                    ('legal_checked_text', models.CharField(blank=True, editable=False, max_length=80)),
                    ('for_lawyer', models.TextField(blank=True, help_text='One on each line. Printed by the legal review; never shown to readers.', verbose_name='questions for the lawyer')),
                    ('intro', models.TextField(blank=True, help_text='Two or three sentences under the title.', max_length=500, verbose_name='introduction')),
                    ('sources', wagtail.fields.RichTextField(blank=True, help_text='Laws and documents that the text is based on.', verbose_name='sources')),
                    ('checked_on', models.DateField(blank=True, null=True, verbose_name='text checked on')),
                    ('review_by', models.DateField(blank=True, help_text="From this day it appears in the editors' review list.", null=True, verbose_name='next review on')),
                    ('change_note', models.CharField(blank=True, help_text='In one sentence, for colleagues; never shown to readers.', max_length=255, verbose_name='what changed')),
                    ('is_sensitive', models.BooleanField(default=False, help_text='Browsers and caches store no copy of it. For pages that would reveal something about their reader.', verbose_name='store no copy')),
                    ('is_listed', models.BooleanField(db_index=True, default=True, help_text='Otherwise only people who know the address find it: no menu, no search, no feeds.', verbose_name='listed')),
                    ('what_for', wagtail.fields.RichTextField(blank=True, verbose_name='what it does')),
                    ('for_whom', wagtail.fields.RichTextField(blank=True, verbose_name='for whom')),
                    ('how_to_reach', wagtail.fields.RichTextField(blank=True, verbose_name='how to reach it')),
                    ('cost', models.CharField(blank=True, max_length=120, verbose_name='cost')),
                    ('hours', models.CharField(blank=True, max_length=120, verbose_name='hours')),
                    ('body', models.JSONField(blank=True, verbose_name='body')),
                    ('line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='content.hotline', verbose_name='helpline')),
                    ('regions', modelcluster.fields.ParentalManyToManyField(blank=True, help_text='None chosen: everywhere.', related_name='+', to='access.region', verbose_name='regions')),
                ],
                options={
                    'verbose_name': 'service',
                    'verbose_name_plural': 'services',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='GlossaryTerm',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('translation_key', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('term', models.CharField(max_length=80, verbose_name='term')),
                    ('slug', models.SlugField(blank=True, help_text='Made from the term when left empty.', max_length=80, verbose_name='address')),
                    ('definition', wagtail.fields.RichTextField(help_text='One or two short sentences.', verbose_name='explanation')),
                    ('forms', models.JSONField(blank=True, default=list, verbose_name='other forms of the word')),
                    ('locale', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtailcore.locale', verbose_name='locale')),
                ],
                options={
                    'verbose_name': 'glossary term',
                    'verbose_name_plural': 'glossary terms',
                    'ordering': ['term'],
                    'abstract': False,
                    'constraints': [models.UniqueConstraint(fields=('locale', 'slug'), name='glossary_slug_once_a_language', violation_error_message='Another term in this language has this address.')],
                    'unique_together': {('translation_key', 'locale')},
                },
            ),
            migrations.AddConstraint(
                model_name='hotline',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('publish', 'yes'), _negated=True), models.Q(('number', ''), _negated=True), _connector='OR'), name='published_hotline_has_number', violation_error_message="A helpline without a number can't be shown to readers."),
            ),
        ]),
        migrations.RunPython(editors_keep_them, migrations.RunPython.noop),
        migrations.RunPython(make_search_configuration, remove_search_configuration),
    ]
