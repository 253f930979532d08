#!/bin/sh
# Writes docker/secrets.env with random secrets, once. An existing file is kept: HOLDFAST_SECRET_KEY decrypts what is stored.
set -eu
file="$(dirname "$0")/secrets.env"
if [ -e "$file" ]; then
  echo "$file exists and is kept"
  exit 0
fi
umask 077
for name in HOLDFAST_SECRET_KEY REDIS_PASSWORD REDIS_OPERATOR_PASSWORD DRACHTIO_SECRET EVENT_SOCKET_PASSWORD; do
  echo "$name=$(od -An -tx1 -N24 /dev/urandom | tr -d ' \n')"
done >"$file"
echo "wrote $file"
