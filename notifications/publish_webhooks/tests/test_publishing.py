"""An editor publishes a page, and a front end elsewhere is told, with nothing by which the page could be named."""

import base64
import os
from datetime import timedelta
from unittest import mock

from django.test import override_settings
from django.utils import timezone
from standardwebhooks import Webhook

from content.models import ArticlePage
from content.page_listing import public_pages
from content.tests.seeded import SeededTest
from notifications.channels.tests.servers import receiver

from ..models import PublishWebhook
from ..sending import send_due

KEY = "whsec_" + base64.b64encode(b"k" * 32).decode()


@mock.patch.dict(os.environ, {"PUBLISH_WEBHOOK_KEY": KEY})
class Publishing(SeededTest):
    def test_a_published_page_is_told_once(self):
        page = ArticlePage.objects.filter(pk__in=public_pages().values("pk")).first()
        with receiver() as there:
            found = {"name": "front", "url": there.url, "keys_env": ["PUBLISH_WEBHOOK_KEY"]}
            with override_settings(PUBLISH_WEBHOOKS=[found]):
                page.title = "A title that is nobody's business"
                with self.captureOnCommitCallbacks(execute=True):
                    page.save_revision().publish()
                assert there.requests == []  # not while the editor waits
                assert PublishWebhook.objects.get().kinds == ["page"]
                assert send_due(now=timezone.now() + timedelta(seconds=6)) == 1
        (request,) = there.requests
        body = Webhook(KEY).verify(request.content, request.headers)
        assert body["data"] == {"kinds": ["page"], "languages": [page.locale.language_code]}
        for word in ("title", page.slug, str(page.translation_key)):
            assert word not in request.content.decode()
