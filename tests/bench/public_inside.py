"""The steps of the bench of public pages that run inside Django, each in a process of its own.

python -m tests.bench.public_inside queries | pages COUNT | publish TITLE | line YES_OR_NO
"""

import json
import sys
import time
import uuid
from collections.abc import Callable

import django


def queries() -> None:
    """{url: [type, queries]} of one page of each type and language, made anew in a process that knows the frame."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from wagtail.models import Page

    from content.page_cache.middleware import PageCacheMiddleware
    from content.page_cache.tests.wsgi import ask

    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    pages = PageCacheMiddleware(get_wsgi_application(), limit=0, seconds=0)
    found, seen = {}, set()
    for page in Page.objects.live().filter(depth__gte=2).specific().order_by("path"):
        kind = (type(page).__name__, page.locale_id)
        url = page.get_url()
        if kind in seen or url is None:
            continue
        seen.add(kind)
        ask(pages, url, Host="127.0.0.1")  # what a process reads once
        with CaptureQueriesContext(connection) as captured:
            status = ask(pages, url, Host="127.0.0.1").status
        if status == 200:
            found[url] = [kind[0], len(captured)]
    print(json.dumps(found))


def pages(count: int) -> None:
    """Publishes so many articles under a section of the Albanian home page, as they stand after an editor's work."""
    from django.contrib.contenttypes.models import ContentType
    from django.core.management import call_command
    from django.db import transaction
    from wagtail.models import Page

    from content.models import ArticlePage, HomePage, SectionPage

    home = HomePage.objects.get(locale__language_code="sq")
    section = home.add_child(instance=SectionPage(title="Arkivi", slug="arkivi", locale=home.locale))
    model = next(iter(ArticlePage.objects.filter(locale=home.locale)), None)
    body = model.body.raw_data if model else []
    kind = ContentType.objects.get_for_model(ArticlePage)
    with transaction.atomic():
        rows = [
            Page(
                path=Page._get_path(section.path, section.depth + 1, number + 1),
                depth=section.depth + 1,
                title=f"Teksti {number} për punën, udhëtimin dhe ndihmën",
                draft_title=f"Teksti {number}",
                slug=f"teksti-{number}",
                url_path=f"{section.url_path}teksti-{number}/",
                content_type=kind,
                locale=home.locale,
                translation_key=uuid.uuid4(),
                live=True,
            )
            for number in range(count)
        ]
        Page.objects.bulk_create(rows, batch_size=500)
        made = Page.objects.filter(path__startswith=section.path, depth=section.depth + 1)
        from django.db import connection

        sample = ArticlePage(intro="Një tekst i shkurtër.", body=json.dumps(list(body)))
        _link, *fields = ArticlePage._meta.local_concrete_fields
        rest = [field.get_db_prep_save(getattr(sample, field.attname), connection) for field in fields]
        columns = ", ".join(["page_ptr_id", *(str(field.column) for field in fields)])
        places = ", ".join(["%s"] * (len(fields) + 1))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO content_articlepage ({columns}) VALUES ({places})",  # noqa: S608
                [(pk, *rest) for pk in made.values_list("pk", flat=True)],
            )
        Page.objects.filter(pk=section.pk).update(numchild=count)
    call_command("update_index", verbosity=0, chunk_size=500)


def publish(title: str) -> None:
    """Publishes the help page under a new title; prints when that was committed."""
    from content.models import HelpPage

    page = HelpPage.objects.get(locale__language_code="sq")
    page.title = title
    page.save_revision().publish()
    print(time.time())


def line(shown: str) -> None:
    from content.models import Hotline

    found = Hotline.objects.get(key="alo_116111")
    found.publish = shown
    found.save()
    print(time.time())


if __name__ == "__main__":
    django.setup()
    step, *rest = sys.argv[1:]
    steps: dict[str, Callable[..., object]] = {
        "queries": queries,
        "pages": lambda number: pages(int(number)),
        "publish": publish,
        "line": line,
    }
    steps[step](*rest)
