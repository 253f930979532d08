#!/bin/sh
# A gateway that tells callers the external address that `prepare` decided on.
set -eu
HOLDFAST_EXTERNAL_IP="$(cat "$HOLDFAST_MEDIA_DIR/external-address")"
export HOLDFAST_EXTERNAL_IP
exec node dist/main.js
