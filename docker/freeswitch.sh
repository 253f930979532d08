#!/bin/bash
# FreeSWITCH with our whole configuration and the external address that `prepare` decided on. It writes nowhere but /tmp.
set -eu
RTP_EXTERNAL_IP="$(cat "$HOLDFAST_MEDIA_DIR/external-address")"
export RTP_EXTERNAL_IP
if [ "${SIP_LISTEN:-}" = container ]; then
  SIP_LISTEN="$(hostname -i | cut -d ' ' -f 1)"
  export SIP_LISTEN
fi
exec freeswitch -nonat -nf -conf /etc/holdfast-freeswitch \
  -log /tmp -db /tmp -run /tmp -temp /tmp -storage /tmp -recordings /tmp -certs /tmp -cache /tmp
