#!/bin/sh
# Redis for Holdfast: one user that sees our keys and channels only, every write on disk within a second, nothing evicted.
set -eu
printf '%s\n' \
  "bind $REDIS_LISTEN" 'port 6379' 'protected-mode no' 'dir /data' \
  'appendonly yes' 'appendfsync everysec' 'maxmemory-policy noeviction' \
  'user default off' \
  "user holdfast on >$REDIS_PASSWORD ~hf:* &hf:* +@all -@admin -@dangerous +info" \
  >/tmp/redis.conf
exec docker-entrypoint.sh redis-server /tmp/redis.conf
