#!/bin/sh
# Redis for Holdfast: the gateways' user sees our keys and channels only, `operator` is for backups (docs/operations.md);
# every write is on disk within a second, nothing is evicted.
set -eu
printf '%s\n' \
  "bind $REDIS_LISTEN" 'port 6379' 'protected-mode no' 'dir /data' \
  'appendonly yes' 'appendfsync everysec' 'maxmemory-policy noeviction' \
  'user default off' \
  "user holdfast on >$REDIS_PASSWORD ~hf:* &hf:* +@all -@admin -@dangerous +info" \
  "user operator on >$REDIS_OPERATOR_PASSWORD ~* &* +@all" \
  >/tmp/redis.conf
exec redis-server /tmp/redis.conf
