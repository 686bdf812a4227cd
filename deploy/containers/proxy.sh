#!/usr/bin/env bash
# nginx in its container, by deploy/nginx.conf, and beside it certbot where CERTIFICATE_EMAIL is set.
set -eu
: "${SITE_HOST:?the name of the site}"
tls=/etc/vatra/tls
run=/tmp/nginx
mkdir -p $run/logs
# Pictures come from the service itself: its files are nobody else's to read.
if [ ! -s $tls/fullchain.pem ]; then
  # So that nginx starts at all; browsers warn until a real one is here.
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$SITE_HOST" -addext "subjectAltName=DNS:$SITE_HOST" \
    -keyout $tls/privkey.pem -out $tls/fullchain.pem 2>/dev/null
fi
sed -E -e "s/server_name vatra\.example;/server_name $SITE_HOST;/" -e 's/listen (\[::\]:)?80;/listen \18080;/' \
  -e 's/listen (\[::\]:)?443 /listen \18443 /' -e "s#server 127\.0\.0\.1:8000 #server service:8000 #" \
  -e "s#/run/vatra-pages#$run/pages#" -e "s#/var/log/nginx/#$run/logs/#" \
  -e '/location \^~ \/media\/images\//,/^    \}/d' /srv/vatra/app/deploy/nginx.conf >$run/site.conf
cat >$run/nginx.conf <<CONF
worker_processes auto;
pid $run/pid;
error_log stderr alert;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  client_body_temp_path $run/body;
  proxy_temp_path $run/proxy;
  fastcgi_temp_path $run/fastcgi;
  uwsgi_temp_path $run/uwsgi;
  scgi_temp_path $run/scgi;
  include $run/site.conf;
}
CONF

look_after_the_certificate() {
  while sleep 20; do
    certbot certonly --quiet --non-interactive --agree-tos --keep-until-expiring --email "$CERTIFICATE_EMAIL" --webroot \
      -w /var/lib/vatra-acme -d "$SITE_HOST" || echo "no certificate for $SITE_HOST: does the name lead here, and is port 80 open?" >&2
    live=/etc/letsencrypt/live/$SITE_HOST
    if [ -s "$live/fullchain.pem" ] && ! cmp -s "$live/fullchain.pem" $tls/fullchain.pem; then
      cp "$live/fullchain.pem" $tls/fullchain.pem
      cp "$live/privkey.pem" $tls/privkey.pem
      nginx -c $run/nginx.conf -e stderr -s reload
    fi
    sleep 43200
  done
}
# nginx looks a name up when it starts; a service that was made anew may have another address.
follow_the_service() {
  local known now
  known="$(getent hosts service || true)"
  while sleep 3; do
    now="$(getent hosts service || true)"
    if [ -n "$now" ] && [ "$now" != "$known" ]; then
      known="$now"
      nginx -c $run/nginx.conf -e stderr -s reload
    fi
  done
}
follow_the_service &
if [ -n "${CERTIFICATE_EMAIL:-}" ]; then look_after_the_certificate & fi
exec nginx -c $run/nginx.conf -e stderr -g 'daemon off;'
