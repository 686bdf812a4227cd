#!/usr/bin/env bash
# nginx's certificate, in /etc/vatra/tls: one of our own, so that nginx starts at all; then Let's Encrypt's, by certbot.
# deploy/install.sh does both. `bash deploy/certificate.sh E-MAIL`, as root, asks Let's Encrypt again.
set -eu
TLS=/etc/vatra/tls
ACME=/var/lib/vatra-acme
HOOK=/etc/letsencrypt/renewal-hooks/deploy/vatra

certificate_of_our_own() {
  install -d -m 755 $TLS $ACME
  [ -s $TLS/fullchain.pem ] && return
  if [ -s "/etc/letsencrypt/live/$1/fullchain.pem" ]; then  # installed by hand earlier
    install -m 644 "/etc/letsencrypt/live/$1/fullchain.pem" $TLS/fullchain.pem
    install -m 600 "/etc/letsencrypt/live/$1/privkey.pem" $TLS/privkey.pem
    return
  fi
  # Browsers warn until a real one is here.
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$1" -addext "subjectAltName=DNS:$1" \
    -keyout $TLS/privkey.pem -out $TLS/fullchain.pem 2>/dev/null
  chmod 600 $TLS/privkey.pem
}

lay_down_the_hook() {
  install -d -m 755 "$(dirname $HOOK)"
  cat >$HOOK <<END
#!/bin/sh
# Made by deploy/certificate.sh: a certificate that certbot got goes where nginx reads it.
set -eu
install -m 644 "\$RENEWED_LINEAGE/fullchain.pem" $TLS/fullchain.pem
install -m 600 "\$RENEWED_LINEAGE/privkey.pem" $TLS/privkey.pem
systemctl reload nginx
END
  chmod 755 $HOOK
}

# NAME E-MAIL. nginx must run: Let's Encrypt asks it, at port 80, whether the name is this machine's.
get_certificate() {
  # The hook is named: those in the folder are run at renewals only.
  certbot certonly --webroot -w $ACME -d "$1" --deploy-hook $HOOK --quiet --non-interactive --agree-tos --email "$2" && return
  echo "Let's Encrypt gave none (does $1 lead to this machine, and is port 80 open?). nginx goes on with the one it has."
  return 1
}

[ "${BASH_SOURCE[0]}" = "$0" ] || return 0
if [ "$(id -u)" -ne 0 ] || [ "$#" -ne 1 ]; then
  echo "As root: bash deploy/certificate.sh E-MAIL" >&2
  exit 2
fi
name="$(sed -n 's/^ALLOWED_HOSTS=\([^,]*\).*/\1/p' /etc/vatra.env)"
[ -n "$name" ] || { echo "/etc/vatra.env names no host (ALLOWED_HOSTS)." >&2; exit 1; }
lay_down_the_hook
get_certificate "$name" "$1"
