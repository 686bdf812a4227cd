"""Command that opens every attached file, for use after restoring a backup."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from case_forms.submissions.attachments.storage import ContentLost, get_content
from case_forms.submissions.models import Attachment


class Command(BaseCommand):
    help = "Opens every attached file and names those that are gone or don't open. Exit code 1 when there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        whole = lost = 0
        for attachment in Attachment.objects.order_by("pk").iterator(chunk_size=100):
            try:
                get_content(attachment)
            except ContentLost as error:
                lost += 1
                self.stderr.write(str(error))
            else:
                whole += 1
        self.stdout.write(f"{whole} files open, {lost} lost")
        if lost:
            raise CommandError("Files are lost: restore DATA_DIR/attachments from the backup of the same time.")
