"""Draws the pictures and films of the first content into `content/data/media/`: `python -m content.drawings`.

Nothing here runs in service. Shapes and the palette of docs/look.md; no faces, nothing that alarms, and nothing that
tells a stranger what the page is about. Films need `ffmpeg` on the machine that draws them.
"""
