"""The version of the pages on the phone, as a phone says it at each contact.

A newer one is brought while the stored one is open, and shown from the next opening on (static/js/device/worker.js).
"""

APP_VERSION = "1"
