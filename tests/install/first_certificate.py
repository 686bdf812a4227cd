"""The first certificate, asked of an authority that speaks ACME as Let's Encrypt does (Pebble), in a bare Debian.

`python -m tests.install.first_certificate`, as root. nginx, certbot and Pebble run in a folder with a network of its
own, in which nothing leads outside; the name leads to it by its /etc/hosts. Exit code 0 only if everything held:

- nginx starts with a certificate of its own, and goes on with it where the authority refuses;
- `deploy/certificate.sh` gets one, puts it where nginx reads it, and nginx shows it;
- a renewal does the same by the hook alone;
- one that was got by hand earlier is taken over.

systemd doesn't run there: in the place of `systemctl` stands a script that knows `reload nginx` alone.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .bare_debian import APP, HERE, HOST, Machine, say

PACKAGES = ("nginx-light", "certbot", "openssl", "iproute2", "pebble")
AUTHORITY = """{"pebble": {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
 "certificate": "/opt/pebble/own.pem", "privateKey": "/opt/pebble/own.key", "httpPort": 80, "tlsPort": 443}}"""
SYSTEMCTL = '#!/bin/sh\n[ "$*" = "reload nginx" ] && exec nginx -s reload\nexit 1\n'
# Certbot reads it before it reads its command: the authority's address, and that its certificate is trusted.
CERTBOT = "server = https://127.0.0.1:14000/dir\n"
TRIAL = r"""
set -eu
ip link set lo up
fail() { echo "FAILED: $1" >&2; exit 1; }
shown() {
  sleep 2
  openssl s_client -connect 127.0.0.1:443 -servername "$NAME" </dev/null 2>/dev/null | openssl x509 -noout "$@"
}
log=/var/log/letsencrypt/letsencrypt.log
. "$APP/deploy/certificate.sh"
certificate_of_our_own "$NAME"
nginx
shown -issuer | grep -q "CN *= *$NAME" || fail "nginx doesn't show the certificate of our own"
first="$(shown -fingerprint)"
bash "$APP/deploy/certificate.sh" operator@vatra-prove.al >/tmp/refused 2>&1 && fail "there was no authority"
grep -q "gave none" /tmp/refused || fail "nobody says that none was given: $(cat /tmp/refused)"
[ "$(shown -fingerprint)" = "$first" ] || fail "a refusal took the certificate away"
PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 pebble -config /opt/pebble/config.json >/tmp/pebble.out 2>&1 &
for _try in $(seq 50); do ss -ltn | grep -q ':14000 ' && break; sleep 0.2; done
sed -i "s/ $NAME//" /etc/hosts
bash "$APP/deploy/certificate.sh" operator@vatra-prove.al >/tmp/refused 2>&1 && fail "the name leads nowhere"
[ "$(shown -fingerprint)" = "$first" ] || fail "a refusal took the certificate away"
echo "127.0.0.1 $NAME" >>/etc/hosts
sleep 6  # so long the authority goes on with what it had read there
bash "$APP/deploy/certificate.sh" operator@vatra-prove.al || fail "none was given: $(tail -5 $log)"
shown -issuer | grep -q Pebble || fail "nginx doesn't show the authority's certificate"
got="$(shown -fingerprint)"
[ "$(stat -c %a $TLS/privkey.pem)" = 600 ] || fail "others can read the key"
certbot renew --quiet --force-renewal --no-random-sleep-on-renew || fail "it could not be renewed"
shown -issuer | grep -q Pebble || fail "nginx doesn't show the renewed certificate"
[ "$(shown -fingerprint)" != "$got" ] || fail "nginx still shows the one before the renewal"
renewed="$(shown -fingerprint)"
rm -rf $TLS
certificate_of_our_own "$NAME"
nginx -s reload
[ "$(shown -fingerprint)" = "$renewed" ] || fail "the one that was got by hand was not taken over"
"""


def main() -> int:
    if os.geteuid() != 0:
        raise SystemExit("root is needed: it makes another root")
    folder = Path(tempfile.mkdtemp(prefix="first-certificate."))
    machine = Machine(folder / "root", "sqlite")
    try:
        say(f"debootstrap, in {folder}")
        machine.make()
        machine.run("apt-get", "update", "-qq")
        machine.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", *PACKAGES)
        lay_down(machine)
        say("asking for a certificate")
        command = machine.command(f"APP={APP}", f"NAME={HOST}", "REQUESTS_CA_BUNDLE=/opt/pebble/own.pem", "bash", "-s")
        done = subprocess.run(
            ["unshare", "--net", *command], input=TRIAL, text=True, capture_output=True, check=False, timeout=300
        )
        if done.returncode:
            raise SystemExit(f"{done.stdout[-1500:]}{done.stderr[-1500:]}")
    finally:
        machine.end()
        shutil.rmtree(folder, ignore_errors=True)
    say("everything held")
    return 0


def lay_down(machine: Machine) -> None:
    """What install.sh has laid down when it asks for a certificate, and the authority."""
    shutil.copytree(HERE / "deploy", machine.inside(f"{APP}/deploy"))
    machine.inside("/etc/vatra.env").write_text(f"ALLOWED_HOSTS={HOST}\n")
    site = (HERE / "deploy/nginx.conf").read_text().replace("server_name vatra.example;", f"server_name {HOST};")
    machine.inside("/etc/nginx/sites-available/vatra.conf").write_text(site)
    enabled = machine.inside("/etc/nginx/sites-enabled")
    (enabled / "default").unlink(missing_ok=True)
    (enabled / "vatra.conf").symlink_to("../sites-available/vatra.conf")
    with machine.inside("/etc/hosts").open("a") as hosts:
        hosts.write(f"\n127.0.0.1 {HOST}\n")
    shim = machine.inside("/usr/local/bin/systemctl")
    shim.write_text(SYSTEMCTL)
    shim.chmod(0o755)
    machine.inside("/opt/pebble").mkdir()
    machine.inside("/opt/pebble/config.json").write_text(AUTHORITY)
    machine.inside("/etc/letsencrypt").mkdir(exist_ok=True)
    machine.inside("/etc/letsencrypt/cli.ini").write_text(CERTBOT)
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    machine.run("openssl", *words.split(), "-keyout", "/opt/pebble/own.key", "-out", "/opt/pebble/own.pem")


if __name__ == "__main__":
    sys.exit(main())
