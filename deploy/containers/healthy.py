"""Whether the web server of this container answers: exit code 0 if it does."""

import os
import urllib.request

name = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip() or "127.0.0.1"
headers = {"Host": name, "X-Forwarded-Proto": "https"}
urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8000/healthz", headers=headers), timeout=4)
