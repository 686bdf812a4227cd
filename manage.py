#!/usr/bin/env python3
"""Django's command line for Vatra Outreach. `site/` is a source root: its packages are about the whole site."""

import gc
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def main() -> None:
    sys.path.insert(0, str(ROOT / "site"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    gc.disable()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import BaseCommand, ManagementUtility

    class Utility(ManagementUtility):
        """What is loaded stays to the end: looking through it again and again took half of `check`."""

        def fetch_command(self, subcommand: str) -> BaseCommand:
            gc.freeze()
            gc.enable()
            return super().fetch_command(subcommand)

    try:
        Utility(sys.argv).execute()
    except ImproperlyConfigured as error:
        # In words for whoever typed it: `config.settings.production` names all that is missing.
        sys.exit(str(error))


if __name__ == "__main__":
    main()
