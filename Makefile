# Holdfast. `make help` lists what can be done here.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export HOLDFAST_CONFIG HOLDFAST_SIP_HOST HOLDFAST_SIP_PORT HOLDFAST_HTTP_HOST HOLDFAST_HTTP_PORT HOLDFAST_DATA_DIR
export HOLDFAST_SIP_SOURCES HOLDFAST_SIP_SOURCE_RATE HOLDFAST_MEDIA_CODECS HOLDFAST_MEDIA_WORKERS
export HOLDFAST_MEDIA_DIR HOLDFAST_EXTERNAL_IP HOLDFAST_SECRET_KEY HOLDFAST_LOG_LEVEL HOLDFAST_LOG_PRETTY
export HOLDFAST_DEMO_PORT REDIS_URL DRACHTIO_HOST DRACHTIO_PORT DRACHTIO_SECRET FREESWITCH_SERVERS
export HOLDFAST_TEST_HOLD_STREAM CALLERS RATE SHARE ROUNDS WRITE
export HOLDFAST_RELAY HOLDFAST_RELAY_HTTP_PORT
export GATEWAYS FILE TO FROM PLAY RECORD DIGITS SECONDS CALL NODES ON DEMO METRICS HOLDFAST_STUN_SERVER HOLDFAST_OLD_FREESWITCH_REASON

.PHONY: help run call up down smoke backup restore trace firewall test test-production bench load isolation soak faults stack-faults side-by-side corpus build lint docs clean packages

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: packages ## start everything on this machine (GATEWAYS=2, HOLDFAST_RELAY=off, HOLDFAST_SIP_PORT=..., see docs/config.md)
	@[ -n "$$REDIS_URL" ] || scripts/ensure-programs.sh required redis-server:redis-server
	@$(MAKE) build
	@exec node dist/local.js

call: packages build ## a test call: TO=1000 [FROM=] [PLAY=tone:440|file.wav] [RECORD=out.wav] [DIGITS=1,2#] [SECONDS=]
	@[ -n "$$TO" ] || { echo 'say whom to call: make call TO=1000' >&2; exit 1; }
	@exec node dist/phone/main.js

trace: packages build ## the timeline of one call in ms: CALL=CA...
	@[ -n "$$CALL" ] || { echo 'say which call: make trace CALL=CA...' >&2; exit 1; }
	@exec node dist/trace.js

firewall: ## print nftables rules for this machine from the trunk table: [NODES=10.0.0.5,10.0.1.0/24], see docs/strangers.md
	@$(MAKE) packages build >&2
	@exec node dist/firewall.js

test: packages ## everything; the last line is `N passed, N failed, N skipped`
	@scripts/ensure-programs.sh required redis-server:redis-server
	@scripts/ensure-programs.sh wanted sipp:sip-tester baresip:baresip-core tshark:tshark sox:sox docker-compose:docker-compose promtool:prometheus
	@exec node scripts/test.mjs

test-production: packages ## contracts and journeys against DRACHTIO_HOST, _PORT, _SECRET, FREESWITCH_SERVERS, HOLDFAST_SIP_PORT
	@scripts/ensure-programs.sh required redis-server:redis-server
	@scripts/ensure-programs.sh wanted sipp:sip-tester
	@exec node scripts/test-production.mjs

bench: packages build ## how fast we are against the fastest peers: [ONLY=B1,B6] [PAIRS=7] [WRITE=1], see docs/benchmarks.md
	@scripts/ensure-programs.sh required redis-server:redis-server
	@ONLY='$(ONLY)' PAIRS='$(or $(PAIRS),7)' WRITE='$(WRITE)' node scripts/bench.mjs

load: packages build ## 200 callers wait at once, 20 calls a second are set up; [CALLERS=] [RATE=] [WRITE=1], real servers as for test-production
	@scripts/ensure-programs.sh required redis-server:redis-server sipp:sip-tester
	@exec node test/load/load.mjs

isolation: packages build ## what one account notices of another at 20 times its share: [SHARE=5] [ROUNDS=3] [WRITE=1]
	@scripts/ensure-programs.sh required redis-server:redis-server sipp:sip-tester
	@exec node test/load/isolation.mjs

soak: packages build ## callers and agents for SECONDS=1800, then a census of what is left over: [WRITE=1], see docs/benchmarks.md
	@scripts/ensure-programs.sh required redis-server:redis-server
	@exec node test/load/soak.mjs

faults: packages ## gateways die at any step of theirs until DEATHS=200 and CALLERS=10000 are seen, goes on from the last time: [SEED=] [LANES=4] [ONLY_DEATHS=1] [SLOWER=5] [REDIS_SHARE=0.2]
	@scripts/ensure-programs.sh required redis-server:redis-server
	@DEATHS='$(DEATHS)' CALLERS='$(CALLERS)' SEED='$(SEED)' LANES='$(LANES)' ONLY_DEATHS='$(ONLY_DEATHS)' SLOWER='$(SLOWER)' REDIS_SHARE='$(REDIS_SHARE)' node --import tsx test/faults/engine/accumulate.ts

stack-faults: packages build ## whole installations: KILLS=200 BYE_RACES=500 AGENT_RACES=300 REDIS_FAULTS=50 FAILOVERS=50 [CALLERS=50], goes on from the last time
	@scripts/ensure-programs.sh required redis-server:redis-server
	@KILLS='$(KILLS)' BYE_RACES='$(BYE_RACES)' AGENT_RACES='$(AGENT_RACES)' REDIS_FAULTS='$(REDIS_FAULTS)' FAILOVERS='$(FAILOVERS)' CALLERS='$(CALLERS)' node --import tsx test/faults/stack/accumulate.ts

side-by-side: packages ## whom deaths cost their call with Holdfast and with the field's usual algorithm: [FAULTS=200] [SEED=]
	@scripts/ensure-programs.sh required redis-server:redis-server
	@FAULTS='$(FAULTS)' SEED='$(SEED)' node --import tsx test/faults/engine/compare.ts

corpus: packages ## one corpus alone, counted: NAME=egress|xml|sip-torture|sip-mutations|signatures|injection
	@exec node scripts/corpus.mjs $(NAME)

up: ## the Docker stack: [ON=host|laptop] [DEMO=1] [METRICS=1] [GATEWAYS=3], see docs/operations.md
	@exec scripts/stack.sh up

down: ## stop the Docker stack; its data stays
	@exec scripts/stack.sh down

smoke: ## start the Docker stack with the demo application and place a call through it
	@exec scripts/stack.sh smoke

backup: ## write what Redis of the Docker stack keeps to a file, while it runs: FILE=backup.rdb
	@exec scripts/stack.sh backup

restore: ## make Redis of the Docker stack what a backup says; calls end: FILE=backup.rdb
	@exec scripts/stack.sh restore

build: packages .make/built ## compile src/ into dist/

# Only when something is newer than the last build.
.make/built: $(shell find src -type f -newer .make/built 2>/dev/null || echo src) tsconfig.json tsconfig.build.json scripts/build.mjs
	@mkdir -p .make
	@echo 'building ...'
	@node scripts/build.mjs
	@touch .make/built

lint: packages ## eslint
	@npx eslint .

docs: build ## write the pages of docs/ that are generated from code
	@node scripts/generate-docs.mjs

clean: ## remove what was built (node_modules and data stay)
	@rm -rf dist .make coverage

packages:
	@scripts/ensure-packages.sh
