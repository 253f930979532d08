#!/bin/sh
# Makes /data what the backup on standard input says. Redis reads an .rdb only while it keeps no append-only file.
set -eu
cd /data
cat >/tmp/backup.rdb
redis-check-rdb /tmp/backup.rdb >&2
rm -rf appendonlydir dump.rdb
cp /tmp/backup.rdb dump.rdb
redis-server --port 0 --unixsocket /tmp/redis.sock --save '' --appendonly no --daemonize yes >/dev/null
ask() { redis-cli -s /tmp/redis.sock "$@"; }
until ask ping 2>/dev/null | grep -q PONG; do sleep 1; done
ask config set appendonly yes >/dev/null
while ask info persistence | grep -q 'aof_rewrite_\(in_progress\|scheduled\):1'; do sleep 1; done
ask info persistence | grep -q 'aof_last_bgrewrite_status:ok' || { echo 'the backup could not be written as an append-only file' >&2; exit 1; }
echo "restored: $(ask dbsize) keys" >&2
ask shutdown
rm dump.rdb
