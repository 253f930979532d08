#!/bin/bash
# The Docker stack: stack.sh up|down|smoke|config|backup|restore. ON=host (Linux server, default) or laptop; DEMO=1 adds the
# demo application and its configuration; METRICS=1 adds Prometheus; GATEWAYS=3 runs three; FILE=... for backup and restore.
set -euo pipefail
cd "$(dirname "$0")/.."
on="${ON:-host}"
gateways="${GATEWAYS:-1}"
case "$on" in host | laptop) ;; *) echo "ON=$on: say host or laptop" >&2; exit 2 ;; esac
[ "$on" = host ] || [ "$gateways" = 1 ] || { echo 'a laptop runs one gateway: its address is fixed' >&2; exit 2; }
if docker compose version >/dev/null 2>&1; then compose=(docker compose)
elif command -v docker-compose >/dev/null; then compose=(docker-compose)
else echo 'Docker with its compose plugin is needed: see docs/operations.md; without Docker, `make run` starts everything' >&2; exit 1
fi

# make hands on what is not set as empty, and that would win against the files below.
while read -r name; do [ -n "${!name}" ] || unset "$name"; done < <(compgen -e)
case "${1:-}" in backup | restore) : "${FILE:?say which file: FILE=backup.rdb}" ;; esac
docker/make-secrets.sh
# One file: the older docker-compose takes only the last --env-file.
settings="$(mktemp)"
trap 'rm -f "$settings"' EXIT
cat docker/images.env docker/secrets.env >"$settings"
[ -e docker/settings.env ] && cat docker/settings.env >>"$settings"
compose+=(--project-name holdfast --env-file "$settings" -f docker/compose.yaml -f "docker/compose.$on.yaml")
[ -n "${METRICS:-}" ] && compose+=(--profile metrics)
if [ -n "${DEMO:-}" ] || [ "${1:-}" = smoke ]; then
  compose+=(--profile demo)
  export HOLDFAST_CONFIG=/opt/holdfast/config/demo.yaml
  [ "$on" = laptop ] && HOLDFAST_CONFIG+=,/etc/holdfast/laptop.yaml
fi

with_health() { docker ps --all --filter label=com.docker.compose.project=holdfast --filter "health=$1" --format '{{.Names}}'; }

# Until every service is healthy. Not `up --wait`: the older docker-compose has none, and some versions take a service that
# ends, like `prepare`, for a failure (docker/compose issue 10596).
up() {
  "${compose[@]}" up --build --detach --scale "gateway=$gateways"
  for ((seconds = 0; seconds < 120; seconds++)); do
    [ -n "$(with_health starting)" ] || break
    sleep 1
  done
  local sick
  sick="$(with_health starting; with_health unhealthy)"
  [ -z "$sick" ] || { echo "not healthy: $sick; look at \`docker logs\` of it" >&2; exit 1; }
}

case "${1:-}" in
  up) up ;;
  down) "${compose[@]}" --profile demo --profile metrics down ;;
  config) "${compose[@]}" config ;;
  smoke)
    up
    server=127.0.0.1
    [ "$on" = laptop ] && server=172.30.77.11
    heard="$("${compose[@]}" exec -T -e TO="sip:1000@$server:${HOLDFAST_SIP_PORT:-5060}" -e SECONDS=15 demo node dist/phone/main.js | tee /dev/stderr)"
    grep -q 'hearing speech' <<<"$heard" && grep -q 'hearing music' <<<"$heard" ||
      { echo 'the call did not hear the greeting and the hold music: look at `docker compose logs`' >&2; exit 1; }
    echo 'smoke: greeting and hold music heard through drachtio-server and FreeSWITCH'
    ;;
  backup)
    umask 077
    "${compose[@]}" exec -T redis sh -c 'REDISCLI_AUTH="$REDIS_OPERATOR_PASSWORD" redis-cli --user operator --rdb -' >"$FILE.part"
    mv "$FILE.part" "$FILE"
    ;;
  restore)
    "${compose[@]}" stop gateway redis
    "${compose[@]}" run --rm -T --no-deps --entrypoint 'sh /redis-restore.sh' redis <"$FILE"
    up
    ;;
  *) sed -n '2,3s/^# //p' "$0" >&2; exit 2 ;;
esac
