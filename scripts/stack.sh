#!/bin/bash
# The Docker stack: stack.sh up|down|smoke|config. ON=host (Linux server, default) or laptop; DEMO=1 adds the demo application
# and its configuration; METRICS=1 adds Prometheus; GATEWAYS=3 runs three.
set -euo pipefail
cd "$(dirname "$0")/.."
on="${ON:-host}"
case "$on" in host | laptop) ;; *) echo "ON=$on: say host or laptop" >&2; exit 2 ;; esac
if docker compose version >/dev/null 2>&1; then compose=(docker compose)
elif command -v docker-compose >/dev/null; then compose=(docker-compose)
else echo 'Docker with its compose plugin is needed: see docs/operations.md; without Docker, `make run` starts everything' >&2; exit 1
fi

docker/make-secrets.sh
# One file: the older docker-compose takes only the last --env-file.
settings="$(mktemp)"
trap 'rm -f "$settings"' EXIT
cat docker/images.env docker/secrets.env >"$settings"
[ -e docker/settings.env ] && cat docker/settings.env >>"$settings"
compose+=(--project-name holdfast --env-file "$settings" -f docker/compose.yaml -f "docker/compose.$on.yaml")
[ -n "${METRICS:-}" ] && compose+=(--profile metrics)
if [ -n "${DEMO:-}" ] || [ "$1" = smoke ]; then
  compose+=(--profile demo)
  export HOLDFAST_CONFIG=/opt/holdfast/config/demo.yaml
  [ "$on" = laptop ] && HOLDFAST_CONFIG+=,/etc/holdfast/laptop.yaml
fi

case "${1:-}" in
  up) "${compose[@]}" up --build --detach --wait --scale "gateway=${GATEWAYS:-1}" ;;
  down) "${compose[@]}" --profile demo --profile metrics down ;;
  config) "${compose[@]}" config ;;
  smoke)
    "${compose[@]}" up --build --detach --wait --scale "gateway=${GATEWAYS:-1}"
    server=127.0.0.1
    [ "$on" = laptop ] && server=drachtio
    heard="$("${compose[@]}" exec -T -e TO="sip:1000@$server:${HOLDFAST_SIP_PORT:-5060}" -e SECONDS=15 demo node dist/phone/main.js | tee /dev/stderr)"
    grep -q 'hearing speech' <<<"$heard" && grep -q 'hearing music' <<<"$heard" ||
      { echo 'the call did not hear the greeting and the hold music: look at `docker compose logs`' >&2; exit 1; }
    echo 'smoke: greeting and hold music heard through drachtio-server and FreeSWITCH'
    ;;
  *) sed -n '2,3s/^# //p' "$0" >&2; exit 2 ;;
esac
