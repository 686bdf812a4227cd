"""Where the page of a phone that stores finds Argon2id."""

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

ARGON2 = "hash-wasm/argon2.umd.min.js"


def get_argon2_url() -> str:
    """Return the address of the script, or "" where npm brought none: the phone then uses PBKDF2."""
    if finders.find(ARGON2) is None:
        return ""
    try:
        return str(staticfiles_storage.url(ARGON2))
    except ValueError:  # taken out of the packages after the static files were collected
        return ""
