#!/bin/sh
# Writes docker/secrets.env with random secrets. Those that are there are kept: HOLDFAST_SECRET_KEY decrypts what is stored.
set -eu
file="$(dirname "$0")/secrets.env"
umask 077
touch "$file"
for name in HOLDFAST_SECRET_KEY REDIS_PASSWORD REDIS_OPERATOR_PASSWORD DRACHTIO_SECRET HOLDFAST_RELAY_SECRET EVENT_SOCKET_PASSWORD; do
  grep -q "^$name=" "$file" || echo "$name=$(od -An -tx1 -N24 /dev/urandom | tr -d ' \n')" >>"$file"
done
