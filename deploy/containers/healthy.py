"""Whether the web server of this container answers: exit code 0 if it does."""

import urllib.request

urllib.request.urlopen("http://127.0.0.1:8000/healthz", timeout=4)
