import content.external_preview
import content.models.reviewed_page
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import outreach_pages.records.models
import outreach_pages.records.no_names
import uuid
import vault.fields
import wagtail.fields
from django.conf import settings
from django.db import migrations, models

from config.migrating.tables import MakeTables

from ..kits.triggers import KIT_VERSIONS


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('outreach_pages', '0001_initial'),
        ('outreach_pages', '0002_session_records'),
        ('outreach_pages', '0003_public_page_fields'),
        ('outreach_pages', '0004_cards_and_feedback'),
        ('outreach_pages', '0005_record_digest'),
        ('outreach_pages', '0006_words'),
        ('outreach_pages', '0007_legal_mark_facts'),
        ('outreach_pages', '0008_one_counter'),
        ('outreach_pages', '0009_calendar_tasks'),
        ('outreach_pages', '0010_kits'),
        ('outreach_pages', '0011_record_kit'),
        ('outreach_pages', '0012_session_page_kit'),
        ('outreach_pages', '0013_people_asked'),
        ('outreach_pages', '0014_kit_questions'),
        ('outreach_pages', '0015_right_answers'),
        ('outreach_pages', '0016_phone_records'),
        ('outreach_pages', '0017_phone_records_that_wait'),
        ('outreach_pages', '0018_plans_made_on_phones'),
    ]

    dependencies = [
        ('access', '0001_squashed_0008_phones_that_store'),
        ('wagtailcore', '0098_apitoken'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        MakeTables([
            migrations.CreateModel(
                name='KitPage',
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
                    ('withdrawn_through', models.DateField(blank=True, help_text="For a mistake that could harm: session pages that keep what their class saw show today's words instead of any from this day or before.", null=True, verbose_name='earlier words are withdrawn up to')),
                    ('audience', models.CharField(choices=[('grade_9', 'pupils of grade nine'), ('high_school', 'high-school pupils'), ('community', 'community members'), ('parents', 'parents'), ('women', 'women and girls'), ('men', 'men and boys'), ('roma_egyptian', 'Roma and Egyptian community'), ('job_seekers', 'job-seekers and migrants'), ('professionals', 'professionals')], max_length=20, verbose_name='for whom')),
                    ('minutes', models.PositiveSmallIntegerField(default=45, validators=[django.core.validators.MinValueValidator(10), django.core.validators.MaxValueValidator(240)], verbose_name='length in minutes')),
                    ('parts', models.JSONField(blank=True, verbose_name='materials, in their order')),
                    ('body', models.JSONField(blank=True, verbose_name="words of the session's page")),
                ],
                options={
                    'verbose_name': 'kit of session materials',
                    'verbose_name_plural': 'kits of session materials',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='MaterialLibraryPage',
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
                    'verbose_name': 'library of session materials',
                    'verbose_name_plural': 'libraries of session materials',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='OutreachIndexPage',
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
                    ('body', models.JSONField(verbose_name='body')),
                ],
                options={
                    'verbose_name': 'sessions page',
                    'verbose_name_plural': 'sessions pages',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='KitVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kit_id', models.BigIntegerField(db_index=True, verbose_name='kit')),
                    ('number', models.PositiveIntegerField(verbose_name='version')),
                    ('language', models.CharField(max_length=12, verbose_name='language')),
                    ('audience', models.CharField(choices=[('grade_9', 'pupils of grade nine'), ('high_school', 'high-school pupils'), ('community', 'community members'), ('parents', 'parents'), ('women', 'women and girls'), ('men', 'men and boys'), ('roma_egyptian', 'Roma and Egyptian community'), ('job_seekers', 'job-seekers and migrants'), ('professionals', 'professionals')], max_length=20, verbose_name='for whom')),
                    ('title', models.CharField(max_length=255, verbose_name='title')),
                    ('minutes', models.PositiveSmallIntegerField(verbose_name='length in minutes')),
                    ('content', models.JSONField(verbose_name='content')),
                    ('digest', models.CharField(max_length=64, verbose_name='fingerprint')),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='published at')),
                    ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by')),
                ],
                options={
                    'verbose_name': 'version of a kit',
                    'verbose_name_plural': 'versions of kits',
                    'ordering': ['kit_id', 'number'],
                },
            ),
            migrations.CreateModel(
                name='InformativeSession',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('card_code', models.CharField(default=outreach_pages.records.models.new_card_code, editable=False, max_length=8, unique=True, verbose_name='card code')),
                    ('administrative_unit', models.CharField(blank=True, max_length=80, validators=[outreach_pages.records.no_names.without_details], verbose_name='administrative unit or village')),
                    ('place_type', models.CharField(choices=[('nine_year_school', 'nine-year school'), ('high_school', 'high school'), ('community_centre', 'community centre'), ('health', 'health centre'), ('workplace', 'workplace'), ('online', 'online'), ('other', 'another place')], max_length=20, verbose_name='kind of place')),
                    ('place_name', models.CharField(max_length=120, validators=[outreach_pages.records.no_names.without_details], verbose_name='name of the school or place')),
                    ('show_place', models.BooleanField(default=False, verbose_name="the session's page may name the school or place")),
                    ('disability_access', models.CharField(blank=True, choices=[('yes', 'everyone could get in and follow'), ('partly', 'with help'), ('no', 'not everyone could get in or follow')], max_length=8, verbose_name='accessibility for people with disabilities')),
                    ('date', models.DateField(verbose_name='day')),
                    ('starts_at', models.TimeField(verbose_name='from')),
                    ('ends_at', models.TimeField(verbose_name='until')),
                    ('audience', models.CharField(choices=[('grade_9', 'pupils of grade nine'), ('high_school', 'high-school pupils'), ('community', 'community members'), ('parents', 'parents'), ('women', 'women and girls'), ('men', 'men and boys'), ('roma_egyptian', 'Roma and Egyptian community'), ('job_seekers', 'job-seekers and migrants'), ('professionals', 'professionals')], max_length=20, verbose_name='for whom')),
                    ('grades', models.CharField(blank=True, max_length=40, validators=[outreach_pages.records.no_names.without_details], verbose_name='grades')),
                    ('topics', models.JSONField(blank=True, default=list, verbose_name='topics')),
                    ('method', models.CharField(blank=True, choices=[('talk', 'talk with questions'), ('group_work', 'group work'), ('video', 'video and conversation'), ('role_play', 'role-play'), ('focus_group', 'focus group'), ('forum', 'forum or open meeting'), ('seminar', 'seminar or training')], max_length=16, verbose_name='method')),
                    ('language', models.CharField(choices=[('sq', 'Albanian'), ('rom', 'Romani'), ('el', 'Greek'), ('mk', 'Macedonian'), ('en', 'English'), ('sign', 'Albanian Sign Language'), ('other', 'another language')], default='sq', max_length=8, verbose_name='language')),
                    ('partners', models.JSONField(blank=True, default=list, verbose_name='partners present')),
                    ('partner_names', models.CharField(blank=True, max_length=200, validators=[outreach_pages.records.no_names.without_details], verbose_name='names of the organisations')),
                    ('materials', models.JSONField(blank=True, default=list, verbose_name='materials used')),
                    ('materials_note', models.CharField(blank=True, max_length=160, validators=[outreach_pages.records.no_names.without_details], verbose_name='which materials')),
                    ('questions_raised', models.TextField(blank=True, max_length=4000, validators=[outreach_pages.records.no_names.without_details], verbose_name='questions raised')),
                    ('krat_activity', models.BooleanField(default=False, verbose_name='activity of the regional anti-trafficking committee (KRAT)')),
                    ('project', models.CharField(blank=True, max_length=80, validators=[outreach_pages.records.no_names.without_details], verbose_name='project or donor')),
                    ('is_public', models.BooleanField(default=False, verbose_name='may be listed for the public')),
                    ('card_expires_on', models.DateField(blank=True, null=True, verbose_name='card active until')),
                    ('state', models.CharField(choices=[('planned', 'planned'), ('held', 'held'), ('reported', 'reported'), ('cancelled', 'cancelled')], default='planned', editable=False, max_length=10, verbose_name='state')),
                    ('planned_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='planned at')),
                    ('held_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='recorded as held at')),
                    ('reported_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='reported at')),
                    ('report_submission', models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                    ('cancelled_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='cancelled at')),
                    ('cancel_reason', models.CharField(blank=True, choices=[('host', "the school or place couldn't host us"), ('unit', "the unit couldn't go"), ('weather', 'weather or road'), ('safety', "it wasn't safe"), ('other', 'another reason')], editable=False, max_length=8, verbose_name='why it was cancelled')),
                    ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed at')),
                    ('is_demo', models.BooleanField(default=False, editable=False, verbose_name='demo')),
                    ('cancelled_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('held_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='access.municipality', verbose_name='municipality')),
                    ('planned_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='planned by')),
                    ('reported_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='access.mobileunit', verbose_name='mobile unit')),
                    ('kit_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='outreach_pages.kitversion', verbose_name='kit of session materials')),
                ],
                options={
                    'verbose_name': 'informative session',
                    'verbose_name_plural': 'informative sessions',
                    'ordering': ['date', 'starts_at', 'id'],
                },
            ),
            migrations.CreateModel(
                name='FeedbackCount',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('phase', models.CharField(choices=[('before', 'before the session'), ('after', 'after the session')], max_length=8, verbose_name='phase')),
                    ('question', models.SlugField(max_length=40, verbose_name='question')),
                    ('answer', models.SlugField(max_length=40, verbose_name='answer')),
                    ('is_right', models.BooleanField(blank=True, null=True, verbose_name='right')),
                    ('shown', models.PositiveIntegerField(default=0, verbose_name='shown')),
                    ('waiting', models.PositiveIntegerField(default=0, verbose_name='waiting')),
                    ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='feedback_counts', to='outreach_pages.informativesession', verbose_name='informative session')),
                    ('kit_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outreach_pages.kitversion', verbose_name='version of a kit')),
                ],
                options={
                    'verbose_name': 'feedback count',
                    'verbose_name_plural': 'feedback counts',
                },
            ),
            migrations.CreateModel(
                name='MaterialPage',
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
                    ('withdrawn_through', models.DateField(blank=True, help_text="For a mistake that could harm: session pages that keep what their class saw show today's words instead of any from this day or before.", null=True, verbose_name='earlier words are withdrawn up to')),
                    ('kind', models.CharField(choices=[('outline', 'outline with minutes'), ('script', 'script with times'), ('slides', 'slides'), ('worksheet', 'worksheet'), ('quiz', 'quiz'), ('opinion', 'opinion questions'), ('film', 'film'), ('handout', 'handout'), ('exercise', 'exercise'), ('teacher', "teacher's sheet")], max_length=12, verbose_name='kind of material')),
                    ('audiences', models.JSONField(default=list, verbose_name='for whom')),
                    ('topics', models.JSONField(blank=True, default=list, verbose_name='topics')),
                    ('body', models.JSONField(blank=True, verbose_name='body')),
                    ('replaces', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='replaced_by', to='outreach_pages.materialpage', verbose_name='replaces')),
                ],
                options={
                    'verbose_name': 'session material',
                    'verbose_name_plural': 'session materials',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='PhoneRecord',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('named', models.UUIDField(blank=True, db_index=True, null=True)),
                    ('kind', models.CharField(choices=[('record', 'what happened'), ('plan', 'a plan')], default='record', max_length=8, verbose_name='kind')),
                    ('fields', vault.fields.SealedJSONField(default=list)),
                    ('reason', models.CharField(choices=[('refused', 'Something in it has to be corrected.'), ('confirm', 'Something in it has to be confirmed.'), ('changed', 'The session was recorded by somebody else meanwhile. Compare before you save.'), ('cancelled', 'The session is cancelled. Set it back to planned first, if it was held.'), ('too_early', "The session hasn't begun yet, by the service's clock."), ('reported', 'The session has its report, which names another version of the kit.'), ('not_a_worker', "Whoever wrote it doesn't work in the session's unit now."), ('device_ended', 'The phone had ended when it arrived.'), ('rescued', "It wasn't finished on the phone."), ('no_plan', "Its session was planned on the phone, and that plan isn't entered yet."), ('same_time', 'The unit has a session in this municipality at that time already.')], max_length=16, verbose_name='why it waits')),
                    ('arrived_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='arrived at')),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                    ('reminded_at', models.DateTimeField(blank=True, null=True)),
                    ('warned_at', models.DateTimeField(blank=True, null=True)),
                    ('session', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='phone_records', to='outreach_pages.informativesession', verbose_name='informative session')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.mobileunit', verbose_name='mobile unit')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by')),
                ],
                options={
                    'verbose_name': 'record from a phone',
                    'verbose_name_plural': 'records from phones',
                    'ordering': ['arrived_at'],
                },
            ),
            migrations.CreateModel(
                name='QuestionsReview',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('outcome', models.CharField(choices=[('answered', 'answered by a page'), ('not_for_a_page', 'not for a page')], max_length=16, verbose_name='outcome')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='decided at')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                    ('page', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.WAGTAIL_PAGE_MODEL, verbose_name='page')),
                    ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='questions_review', to='outreach_pages.informativesession', verbose_name='informative session')),
                ],
                options={
                    'verbose_name': 'decision about questions',
                    'verbose_name_plural': 'decisions about questions',
                },
            ),
            migrations.CreateModel(
                name='SessionCount',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sex', models.CharField(choices=[('female', 'women and girls'), ('male', 'men and boys'), ('unknown', 'sex not recorded')], max_length=8, verbose_name='sex')),
                    ('age_group', models.CharField(choices=[('under_15', 'under 15'), ('15_17', '15–17'), ('18_24', '18–24'), ('25_59', '25–59'), ('60_plus', '60 and over'), ('unknown', 'age not recorded')], max_length=8, verbose_name='age group')),
                    ('number', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(2000)], verbose_name='number')),
                    ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='counts', to='outreach_pages.informativesession', verbose_name='informative session')),
                ],
                options={
                    'verbose_name': 'participants',
                    'verbose_name_plural': 'participants',
                    'ordering': ['session', 'sex', 'age_group'],
                },
            ),
            migrations.CreateModel(
                name='SessionPage',
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
                    ('record_digest', models.CharField(blank=True, editable=False, max_length=64)),
                    ('follows', models.BooleanField(default=True, help_text='Otherwise it keeps what the class saw: the version that is chosen here.', verbose_name='follows updates of the kit')),
                    ('kit_version', models.ForeignKey(blank=True, help_text='Its introduction, its words and its quiz stand on the page, where the text has a place for them.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outreach_pages.kitversion', verbose_name='kit and version')),
                    ('session', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='pages', to='outreach_pages.informativesession', verbose_name='informative session')),
                ],
                options={
                    'verbose_name': 'session page',
                    'verbose_name_plural': 'session pages',
                },
                bases=(content.models.reviewed_page.ReviewedPage, content.external_preview.ExternalPreviewMixin, 'wagtailcore.page', models.Model),
            ),
            migrations.CreateModel(
                name='UsedMaterial',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('page_id', models.BigIntegerField(db_index=True, verbose_name='session material')),
                    ('digest', models.CharField(max_length=64, verbose_name='fingerprint')),
                    ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='used_materials', to='outreach_pages.informativesession', verbose_name='informative session')),
                ],
                options={
                    'verbose_name': 'material used at a session',
                    'verbose_name_plural': 'materials used at sessions',
                    'ordering': ['session', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='CalendarAddress',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('secret_hash', models.CharField(editable=False, max_length=64, unique=True)),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='made at')),
                    ('read_on', models.DateField(blank=True, editable=False, null=True, verbose_name='last read on')),
                    ('with_tasks', models.BooleanField(default=False, verbose_name='with tasks')),
                    ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='revoked at')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calendar_addresses', to=settings.AUTH_USER_MODEL, verbose_name='member of staff')),
                ],
                options={
                    'verbose_name': 'calendar address',
                    'verbose_name_plural': 'calendar addresses',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('user',), name='one_open_calendar_address_per_person')],
                },
            ),
            migrations.AddConstraint(
                model_name='kitversion',
                constraint=models.UniqueConstraint(fields=('kit_id', 'number'), name='kit_version_number_once'),
            ),
            migrations.AddIndex(
                model_name='informativesession',
                index=models.Index(fields=['unit', 'date'], name='session_unit_day'),
            ),
            migrations.AddIndex(
                model_name='informativesession',
                index=models.Index(fields=['municipality', 'date'], name='session_town_day'),
            ),
            migrations.AddIndex(
                model_name='informativesession',
                index=models.Index(fields=['state', 'date'], name='session_state_day'),
            ),
            migrations.AddConstraint(
                model_name='informativesession',
                constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='session_ends_after_start'),
            ),
            migrations.AddConstraint(
                model_name='informativesession',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelled_at', None), ('held_at', None), ('reported_at', None), ('state', 'planned')), models.Q(('cancelled_at', None), ('held_at__isnull', False), ('reported_at', None), ('state', 'held')), models.Q(('cancelled_at', None), ('held_at__isnull', False), ('reported_at__isnull', False), ('state', 'reported')), models.Q(('cancelled_at__isnull', False), ('held_at', None), ('reported_at', None), ('state', 'cancelled')), _connector='OR'), name='session_state_fits_its_times'),
            ),
            migrations.AddConstraint(
                model_name='informativesession',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('held_at__isnull', True), ('held_by__isnull', True)), models.Q(('held_at__isnull', False), ('held_by__isnull', False)), _connector='OR'), models.Q(models.Q(('report_submission__isnull', True), ('reported_at__isnull', True), ('reported_by__isnull', True)), models.Q(('report_submission__isnull', False), ('reported_at__isnull', False), ('reported_by__isnull', False)), _connector='OR'), models.Q(models.Q(('cancel_reason', ''), ('cancelled_at__isnull', True), ('cancelled_by__isnull', True)), models.Q(('cancelled_at__isnull', False), ('cancelled_by__isnull', False), models.Q(('cancel_reason', ''), _negated=True)), _connector='OR')), name='session_times_have_their_people'),
            ),
            migrations.AddConstraint(
                model_name='feedbackcount',
                constraint=models.UniqueConstraint(fields=('session', 'phase', 'question', 'answer'), name='one_count_per_answer'),
            ),
            migrations.AddConstraint(
                model_name='feedbackcount',
                constraint=models.CheckConstraint(condition=models.Q(('phase__in', ['before', 'after'])), name='feedback_phase_known'),
            ),
            migrations.AddConstraint(
                model_name='questionsreview',
                constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['answered', 'not_for_a_page'])), name='questions_review_known_outcome'),
            ),
            migrations.AddConstraint(
                model_name='questionsreview',
                constraint=models.CheckConstraint(condition=models.Q(('outcome', 'answered'), ('page__isnull', True), _connector='OR'), name='questions_review_page_only_when_answered'),
            ),
            migrations.AddConstraint(
                model_name='sessioncount',
                constraint=models.UniqueConstraint(fields=('session', 'sex', 'age_group'), name='one_count_per_sex_and_age'),
            ),
            migrations.AddConstraint(
                model_name='sessioncount',
                constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1), ('number__lte', 2000)), name='session_count_in_range'),
            ),
            migrations.AddConstraint(
                model_name='sessioncount',
                constraint=models.CheckConstraint(condition=models.Q(('sex__in', ['female', 'male', 'unknown'])), name='session_count_sex_known'),
            ),
            migrations.AddConstraint(
                model_name='sessioncount',
                constraint=models.CheckConstraint(condition=models.Q(('age_group__in', ['under_15', '15_17', '18_24', '25_59', '60_plus', 'unknown'])), name='session_count_age_known'),
            ),
            migrations.AddConstraint(
                model_name='usedmaterial',
                constraint=models.UniqueConstraint(fields=('session', 'page_id'), name='material_used_once_per_session'),
            ),
        ]),
        KIT_VERSIONS.operation(),
    ]
