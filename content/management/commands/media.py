"""`manage.py media`: copy pictures and documents from the folder into the bucket, or back, and see what is where."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from content.media_storage.location import has_bucket, read_location

NAMED = 20
EACH = 200
MIB = 2**20


class Command(BaseCommand):
    help = (
        "Copies pictures, their sizes and documents from the folder into the bucket (MEDIA_BUCKET_URL), or back. What"
        " has arrived is read back and compared. Replaces nothing and deletes nothing; run again, it goes on."
    )
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("direction", choices=("to-bucket", "to-folder"))
        parser.add_argument("--folder", type=Path, help="another folder than DATA_DIR/media")

    def handle(self, *args: Any, direction: str, folder: Path | None, **options: Any) -> None:
        if not has_bucket():
            raise CommandError(
                "MEDIA_BUCKET_URL is empty: name the bucket first (docs/operator.md). Nothing was copied."
            )
        try:
            read_location()
        except ImproperlyConfigured as error:
            raise CommandError(f"{error}. Nothing was copied.") from None
        # Imported here: without a bucket nobody waits for boto3.
        from content.media_storage.errors import BucketAway
        from content.media_storage.files import get_bucket
        from content.media_storage.moving import Bucket, Folder, copy_all
        from content.media_storage.probe import NotUsable, describe, try_bucket

        root = folder or Path(settings.MEDIA_ROOT)
        if direction == "to-bucket" and not root.is_dir():
            self.stdout.write(f"{root} isn't there: there is nothing to copy.")
            return
        bucket = Bucket(get_bucket())
        try:
            try_bucket(bucket.bucket)
            if direction == "to-bucket":
                moved = copy_all(Folder(root), bucket, self._say)
            else:
                moved = copy_all(bucket, Folder(root), self._say)
        except NotUsable as reason:
            raise CommandError(f"{reason}. Nothing was copied.") from None
        except BucketAway as error:
            raise CommandError(f"{describe(error)}. Run it again: it goes on.") from None
        where = settings.MEDIA_BUCKET_URL if direction == "to-bucket" else root
        self.stdout.write(
            f"{moved.copied} files copied to {where} ({moved.bytes / MIB:.1f} MB) and compared, {moved.there} were"
            " there already, the same"
        )
        for title, names in (("another one has this name there", moved.differs), ("not copied", moved.failed)):
            for name in names[:NAMED]:
                self.stdout.write(f"  {title}: {name!a}")
            if len(names) > NAMED:
                self.stdout.write(f"  {title}: {len(names) - NAMED} more")
        if not moved.is_whole:
            raise CommandError(
                f"{len(moved.differs) + len(moved.failed)} files aren't there as they are here. Nothing was replaced or"
                " deleted. Run it again once the reason is mended: it goes on."
            )

    def _say(self, count: int) -> None:
        if count % EACH == 0:
            self.stdout.write(f"{count} files looked at")
