"""Attached files: uploaded, sanitised, sealed, downloaded, and deleted with their draft.

`file_types` detects what a file is by its first bytes, `pictures` and `documents` make a clean copy, `sanitizer` runs
them in a process of its own, `uploads` reads files from a request, `actions` stores and claims them.
"""
