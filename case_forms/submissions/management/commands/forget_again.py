"""`manage.py forget_again`: after a restore, forget again the cases whose keys were destroyed since the backup."""

from typing import Any

from django.core.management.base import BaseCommand

from case_forms.submissions.case_purge import forget_destroyed_again


class Command(BaseCommand):
    help = "After restoring an older database: forgets again the cases whose keys are destroyed."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{forget_destroyed_again()} cases forgotten again")
