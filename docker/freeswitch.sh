#!/bin/sh
# FreeSWITCH with our whole configuration. It writes nowhere but /tmp, and recordings into HOLDFAST_MEDIA_DIR.
set -eu
if [ "${SIP_LISTEN:-}" = container ]; then
  SIP_LISTEN="$(hostname -i | cut -d ' ' -f 1)"
  export SIP_LISTEN
fi
exec freeswitch -nonat -nf -conf /etc/holdfast-freeswitch \
  -log /tmp -db /tmp -run /tmp -temp /tmp -storage /tmp -recordings /tmp -certs /tmp -cache /tmp
