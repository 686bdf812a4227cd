"""WSGI entry point (granian: `config.wsgi:application`, with `site/` and the root on PYTHONPATH).

The page cache is outermost; what it doesn't hold waits for its turn (`admission`) and goes on into Django.
"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
_django = get_wsgi_application()

from django.conf import settings  # noqa: E402

from access.sessions.recognition import recognize  # noqa: E402
from content.page_cache.middleware import PageCacheMiddleware  # noqa: E402

from .admission import Admission, Counted  # noqa: E402
from .liveness import pulse  # noqa: E402
from .watch.counting import counter  # noqa: E402

_admission = Admission(_django, slots=settings.WEB_THREADS, pulse=pulse, recognize=recognize, count=counter.add)
_pages = PageCacheMiddleware(
    _admission, limit=settings.PUBLIC_CACHE_BYTES, seconds=settings.PUBLIC_CACHE_SECONDS, count=counter.add
)
application = Counted(_pages, pulse)
