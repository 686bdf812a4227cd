"""A front end elsewhere: pages on another origin that show a page or a draft, and ask (docs/api-public.md).

`localhost` is another site than the system's 127.0.0.1: no cookie of an editor comes along.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SCRIPT = """
const asked = new URLSearchParams(location.search);
const path = location.pathname === "/preview/" ? `page_preview/?${asked}` : `pages/${asked.get("id")}/`;
const answer = await fetch(API + path);
const add = (tag, given) => document.body.appendChild(Object.assign(document.createElement(tag), given));
if (!answer.ok) add("h1", { textContent: `${answer.status} ${(await answer.json()).title}` });
else {
  const page = await answer.json();
  add("h1", { textContent: page.title });
  for (const { type, value } of page.body) {
    if (type === "rich_text") add("div", { innerHTML: value });
    if (type !== "video") continue;
    const film = add("video", { crossOrigin: "anonymous", preload: "none", muted: true, src: value.file.url });
    const words = { kind: "captions", src: value.captions.url, srclang: page.meta.locale, default: true };
    film.append(Object.assign(document.createElement("track"), words));
  }
}
"""


# The page at /ask/: three forms, and where their answers are shown.
ASKING = "".join(
    f'<form id="{name}"><input name="typed" aria-label="{name}"><button>{name}</button></form>'
    for name in ("search", "send", "open")
) + "".join(f'<p id="{shown}"></p>' for shown in ("found", "reader", "receipt", "talk"))
ASKING_SCRIPT = (Path(__file__).parent / "asking.js").read_text()
MOTI = "/moti/"  # the neutral page that the exit leads to


class FrontEnd:
    """Serves the page at any address, with a policy that allows what the document names and nothing else.

    The exit's neutral page stands here, too: the exit redirects, and Playwright answers no address that something was
    redirected to. Such a one went to the network that tests don't have, and came only because Chromium tries again.
    """

    api = ""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("localhost", 0), self._handler())
        self.origin = f"http://localhost:{self.server.server_port}"

    def __enter__(self) -> "FrontEnd":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_trouble: Any) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        front_end = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                api = front_end.api
                system = api.removesuffix("/api/v2/")
                script = f'<script type="module">const API = "{api}";{SCRIPT}</script>'
                shown = "<h1>Moti</h1>" if self.path == MOTI else script
                if self.path.startswith("/ask/"):
                    shown = f'{ASKING}<script type="module">const API = "{api}";{ASKING_SCRIPT}</script>'
                body = f'<!doctype html><html lang="en"><meta charset="utf-8"><body>{shown}'.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.send_header(
                    "Content-Security-Policy",
                    f"default-src 'none'; script-src 'unsafe-inline'; connect-src {system}; img-src {system};"
                    f" media-src {system}; frame-ancestors {system}",
                )
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: Any) -> None:
                pass

        return Handler
