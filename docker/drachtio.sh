#!/bin/sh
# drachtio-server with the external address that `prepare` decided on.
set -eu
external="$(cat /media/external-address)"
exec drachtio -f /etc/drachtio.conf.xml \
  --contact "sip:*:$HOLDFAST_SIP_PORT;transport=udp,tcp" --external-ip "$external" \
  --address "$DRACHTIO_ADMIN_ADDRESS" --port 9022
