"""Names of files as this service writes them. A bucket may hold others: anybody with its key can put them there."""

import posixpath

MAX_BYTES = 1024  # of an object's name; a file system's own limits are shorter


def is_plain(name: str) -> bool:
    """Whether a name means the same in a folder, in a bucket and in an archive, and leads out of none of them."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:  # of a file whose name is no text
        return False
    is_path = bool(name) and not name.startswith("/") and posixpath.normpath(name) == name and name != "."
    return is_path and ".." not in name.split("/") and "\\" not in name and name.isprintable() and size < MAX_BYTES
