"""What the bench of public pages starts: our service, a fresh Wagtail project, and nginx; each on a port of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from .service import ROOT, free_port

NGINX = "/usr/sbin/nginx"
# The same server for both sides: granian as `manage.py web` starts it, one process and six threads.
GRANIAN = """
import sys
from granian.constants import HTTPModes, Interfaces
from granian.server import Server
Server(sys.argv[1], address="127.0.0.1", port=int(sys.argv[2]), interface=Interfaces.WSGI, http=HTTPModes.http1,
       websockets=False, workers=1, blocking_threads=6, blocking_threads_idle_timeout=600, backpressure=96,
       log_enabled=False, log_access=False).serve()
"""
PLAIN_SETTINGS = """
from .base import *
DEBUG = False
SECRET_KEY = "of-the-bench-only"
ALLOWED_HOSTS = ["127.0.0.1"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
"""


@dataclass
class Servers:
    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, words: list[str], *, cwd: Path, environment: dict[str, str]) -> None:
        log = (self.folder / "servers.log").open("ab")
        self.running.append(
            subprocess.Popen(words, cwd=cwd, env=environment, stdout=log, stderr=log, start_new_session=True)
        )

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def answers(url: str, *, seconds: float = 60) -> str:
    """The url, once something answers there."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=5).read()
        except urllib.error.HTTPError:
            return url
        except OSError:
            time.sleep(0.1)
        else:
            return url
    raise RuntimeError(f"nothing answers at {url}")


@dataclass
class Ours:
    """Our service on a seeded database of its own."""

    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "DATA_DIR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}",
            "LOG_LEVEL": "WARNING",
            "TRUSTED_PROXIES": "1",
            **more,
        }

    def manage(self, *words: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=ROOT, env=self.environment(), check=True, stdout=subprocess.DEVNULL)

    def prepare(self) -> None:
        self.folder.mkdir(parents=True)
        for words in (
            ["migrate", "-v0"],
            ["seed_reference", "-v0"],
            ["seed_demo", "-v0"],
            ["collectstatic", "--noinput", "-v0"],
        ):
            self.manage(*words)

    def serve(self, servers: Servers, *, cache: bool = True) -> str:
        port = free_port()
        more = {"PORT": str(port)} | ({} if cache else {"PUBLIC_CACHE_BYTES": "0"})
        words = [sys.executable, "-c", GRANIAN, "config.wsgi:application", str(port)]
        servers.start(words, cwd=ROOT, environment=self.environment(**more))
        return answers(f"http://127.0.0.1:{port}/").rstrip("/")

    def inside(self, step: str, *words: str) -> str:
        """What a step of `public_inside` printed."""
        command = [sys.executable, "-m", "tests.bench.public_inside", step, *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment(), check=True, stdout=subprocess.PIPE, text=True
        ).stdout


def serve_plain(servers: Servers, folder: Path) -> str:
    """The home page of a project as `wagtail start` makes it, made now from the Wagtail that is installed."""
    folder.mkdir()
    wagtail = Path(sys.executable).parent / "wagtail"
    subprocess.run([wagtail, "start", "plain", str(folder)], check=True, stdout=subprocess.DEVNULL)
    (folder / "plain" / "settings" / "bench.py").write_text(PLAIN_SETTINGS)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATA_DIR"},
        "DJANGO_SETTINGS_MODULE": "plain.settings.bench",
        "PYTHONPATH": str(folder),
    }
    migrating = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrating, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    servers.start(
        [sys.executable, "-c", GRANIAN, "plain.wsgi:application", str(port)], cwd=folder, environment=environment
    )
    return answers(f"http://127.0.0.1:{port}/").rstrip("/")


def shipped_configuration(folder: Path, *, upstream: str, media: Path) -> str:
    """deploy/nginx.conf as it stands, with paths and ports of this run, and without TLS, which isn't measured here."""
    port = free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    first, second, third = text.partition("server {\n    listen 80;")
    text = first + third[third.index("server {\n    listen 443") :]
    assert second, "deploy/nginx.conf no longer begins with the server of port 80"
    text = re.sub(r"^\s*ssl_\w+ .*;$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^\s*listen \[::\]:443 ssl http2;.*$", "", text, flags=re.MULTILINE)
    text = text.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    text = text.replace("server 127.0.0.1:8000 ", f"server {upstream.removeprefix('http://')} ")
    text = text.replace("proxy_set_header Host $host;", "proxy_set_header Host $http_host;")
    text = text.replace("/run/vatra-pages", str(folder / "pages")).replace("/var/log/nginx", str(folder))
    text = text.replace("/srv/vatra/data/media/images/", f"{media}/images/").replace("/srv/vatra/app", str(ROOT))
    _write(folder, text)
    return f"http://127.0.0.1:{port}"


def static_configuration(folder: Path, *, body: bytes) -> str:
    """nginx with one file: the same bytes, from its disk."""
    port = free_port()
    (folder / "page").write_bytes(body)
    _write(
        folder,
        f"""
        server {{
            listen 127.0.0.1:{port};
            access_log off;
            location / {{
                root {folder};
                try_files /page =404;
                default_type text/html;
                add_header Content-Encoding gzip;
                add_header Cache-Control no-cache;
            }}
        }}
        """,
    )
    return f"http://127.0.0.1:{port}"


def _write(folder: Path, server: str) -> None:
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"""{user}
        daemon off;
        worker_processes 1;
        pid {folder}/nginx.pid;
        error_log {folder}/nginx-error.log;
        events {{ worker_connections 512; }}
        http {{
            sendfile on;
            tcp_nopush on;
            keepalive_requests 100000000;
            client_body_temp_path {folder}/body;
            proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi;
            scgi_temp_path {folder}/scgi;
            {server}
        }}
        """
    )


def serve_nginx(servers: Servers, folder: Path, url: str, path: str = "/") -> str:
    servers.start(
        [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], cwd=folder, environment=dict(os.environ)
    )
    answers(url + path)
    return url


def folder_in(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def has_tools() -> bool:
    return bool(shutil.which("wrk")) and Path(NGINX).exists()
