"""The URLs of the service. Each needs a row in access/policy.py; a test walks this table."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from content import feeds, sitemaps
from content.media_files import views as files

from . import views
from .security_txt import security_txt
from .watch.views import metrics

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("accounts/", include("access.urls")),
    path("accounts/", include("notifications.staff_push.urls")),
    path("field/", include("case_forms.devices.app.urls")),
    path("field/", include("case_forms.submissions.urls")),
    path("field/", include("case_forms.cases.finding.urls")),
    path("field/services/", include("case_forms.cases.referring.directory_urls")),
    path("field/cases/", include("case_forms.cases.urls")),
    path("field/sessions/requests/", include("case_forms.session_requests.urls")),
    path("field/sessions/", include("outreach_pages.records.urls")),
    path("field/sessions/", include("outreach_pages.cards.staff_urls")),
    path("field/sessions/kits/", include("outreach_pages.kits.urls")),
    path("field/devices/", include("case_forms.devices.urls")),
    path("field/signals/", include("case_forms.tips.urls")),
    path("field/outreach/", include("case_forms.reports.urls")),
    path("api/field/v1/", include("case_forms.devices.api.urls")),
    path("api/", include("config.api_urls")),
    path("n/", include("notifications.directory.services.urls")),
    path("n/", include("notifications.directory.own_duty.urls")),
    path("n/", include("notifications.briefs.urls")),
    path("hooks/", include("notifications.outbox.bounces.urls")),
    path("hooks/", include("notifications.inbound.urls")),
    path("cms/", include(wagtailadmin_urls)),
    re_path(r"^documents/(\d+)/(.*)$", files.document, name="wagtaildocs_serve"),  # before Wagtail's: with Range
    path("documents/", include(wagtaildocs_urls)),
    path("dil/", include("content.urls")),
    path("", include("content.root_urls")),
]

urlpatterns += [
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
]

if settings.SANDBOX:
    urlpatterns += [path("sandbox/", include("config.sandbox.urls"))]

urlpatterns += i18n_patterns(
    path("k/", include("outreach_pages.cards.urls")),
    path("pyet/", include("case_forms.tip_pages.urls")),
    path("fleta/", include("content.printables.urls")),
    path("feed.xml", feeds.feed, name="feed"),
    path("", include("content.offline.urls")),
    path("", include(wagtail_urls)),
    # Albanian, the default, has no prefix; English is under /en/.
    prefix_default_language=False,
)

handler400 = "config.views.bad_request"
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"
