"""Attached files: uploaded, sanitised (`sanitizer`), sealed, downloaded, and deleted with their draft.

`uploads` reads files from a request, `actions` stores and claims them.
"""
