"""Webhooks that tell static front ends elsewhere that public content has changed (docs/webhooks.md, docs/adr/0164).

`receivers`: to whom, from the settings. `models`: what each is owed. `recording`: a change is noted, and changes of a
few seconds become one webhook. `sending`: a task sends it, and tries again for a while.
"""
