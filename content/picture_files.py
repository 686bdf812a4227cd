"""Files of pictures' sizes and their rows, held together: sizes are derived, so whichever is left alone may go.

A file without a row goes after a day; a row whose file is gone is deleted, and the size is made again from the
original. Originals and documents are never touched here: `config.watch.stored` counts and lists what doesn't fit.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from wagtail.images import get_image_model

from audit.put_aside import for_each_row
from audit.removals import note_removed
from vault.files import MOST_STRAYS, may_remove_strays

from .media_storage.files import exists, list_files, remove

FOLDER = "images"  # of Wagtail's renditions

log = structlog.get_logger(__name__)


def tidy_sizes(now: datetime | None = None) -> int:
    """Delete files without a row, and rows without a file; of many at once none. Return how many files.

    Raises OSError where the files can't be listed: a bucket that is away has lost none.
    """
    moment = now or timezone.now()
    before = moment - timedelta(hours=settings.PICTURE_STRAY_HOURS)
    # Files first: a size that is made meanwhile has both by the time its row is asked for.
    files = {each.name: each for each in list_files(FOLDER) if each.name.count("/") == 1}
    rendition = get_image_model().get_rendition_model()
    rows = dict(rendition.objects.values_list("file", "pk"))
    strays = [name for name, each in files.items() if name not in rows and each.modified < before]
    unseen = [name for name in rows if name not in files]
    # Very many are looked for no further: none of them goes.
    lost = [rows[name] for name in unseen if len(unseen) > MOST_STRAYS or not exists(name)]
    if lost and may_remove_strays("picture_rows", len(lost)):
        again = for_each_row("picture.lost_size", lost, lambda pk: _forget(rendition.objects.filter(pk=pk)))
        log.info("sizes_of_pictures_lost", rows=again)
    removed = 0
    if may_remove_strays("pictures", len(strays)):
        removed = for_each_row("picture.stray", strays, _remove, at=moment)
    return note_removed("pictures", removed)


def _forget(row: QuerySet[Any]) -> bool:
    # Wagtail deletes the file by its name after the commit, when the new one has that name again.
    row.update(file="")
    return bool(row.delete()[0])


def _remove(name: str) -> bool:
    remove(name)
    return True
