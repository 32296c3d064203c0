# Every command that people and CI use. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
TOOLS := .tools
# Each file of goods has a demo of its own.
DEMO := .demo/$(if $(GOODS),$(basename $(notdir $(GOODS))),made)
PORT := 8080
export PATH := $(CURDIR)/$(TOOLS)/venv/bin:$(PATH)

.PHONY: help hledger demo demo-clean test soak e2e e2e-full lint bench fmt build web api sizes clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: build ## everything simulated, then served on http://127.0.0.1:8080 (GOODS=file.csv PORT=8080)
	target/release/daogou demo --dir $(DEMO) --port $(PORT) $(if $(GOODS),--goods '$(GOODS)') $(if $(ONCE),--once)

demo-clean: ## remove everything that the demo made
	rm -rf .demo

test: web $(TOOLS)/venv/bin/bean-check hledger ## everything that must hold, on SQLite and on a temporary PostgreSQL, then make e2e
	scripts/with-postgres cargo test --workspace --quiet
	@$(MAKE) --no-print-directory e2e
	@echo "make test: all passed"

# Each part of it prints what it did; the last run is summed up in docs/reliability.md.
SOAK_SECONDS := 1800
soak: web $(TOOLS)/venv/bin/bean-check ## what takes longer than `make test` may: millions of simulated runs (SOAK_SECONDS each engine), minutes of torture (TORTURE_SEED=n repeats a run)
	@scripts/soak-simulation $(SOAK_SECONDS)
	TORTURE=long scripts/with-postgres cargo test -p daogou-server --test torture -- --nocapture --test-threads=1
	@echo "make soak: all passed"

e2e: web web/e2e/node_modules/.package-lock.json ## people's ways through console, app, mini program and landing pages in a real Chromium
	cargo build --quiet -p daogou-server
	DAOGOU_BIN="$${CARGO_TARGET_DIR:-target}/debug/daogou" scripts/with-chromium node web/e2e/run.mjs $(E2E)

e2e-full: ## the same, and pictures of every page, light and dark, wide and narrow, in web/e2e/out
	@$(MAKE) --no-print-directory e2e E2E=--full

lint: web ## formatting, clippy, eslint, types; warnings are errors, and so is a web/openapi.json that the routes have left
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo run --quiet -p daogou-server -- api | diff -q - web/openapi.json > /dev/null || { echo 'web/openapi.json is not what the routes say: run `make api`'; exit 1; }
	cd web/console && npm run lint --silent && npm run typecheck --silent
	cd web/app && npm run lint --silent && npm run typecheck --silent
	python3 scripts/check-locks.py web/*/package-lock.json

bench: ## the main path beside rivals, redirects beside a bare server, every page at a million order lines, posters, sizes (takes long)
	cargo bench -p daogou-app --bench path --no-run
	cargo build --release --manifest-path benches/rivals/Cargo.toml --target-dir target/rivals
	PG_DURABLE=1 scripts/with-postgres scripts/bench-path "$$(ls -t target/release/deps/path-* | grep -v '\.d$$' | head -1)" target/rivals/release/rivals
	@command -v wrk >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get install -y wrk; } || { echo 'make bench needs wrk: apt-get install wrk'; exit 2; }
	cargo bench -p daogou-app --bench redirect
	scripts/with-postgres cargo bench -p daogou-app --bench pages
	cargo bench -p daogou-posters
	@$(MAKE) --no-print-directory sizes

sizes: web ## what a phone loads of the app: H5 and mini program
	cd web/app && npm run build:mp --silent -- --program fenxiang --server http://127.0.0.1:8080 --appid wx0123456789abcdef --name 芬香 --colour '#e1251b'
	cd web/app && node scripts/sizes.mjs

fmt: ## format everything
	cargo fmt --all

build: web ## the release binary with its front ends, target/release/daogou
	cargo build --release -p daogou-server

# The front ends. Each is an npm root of its own; what is built lands in the binary.
web: web/console/dist/index.html web/app/dist/build/h5/index.html ## console and app

inputs = web/openapi.json web/compress.mjs $(shell find web/$(1) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name schema.d.ts -not -name openapi.d.ts 2>/dev/null)

web/console/dist/index.html: web/console/node_modules/.package-lock.json $(call inputs,console)
	cd web/console && npm run build --silent
	node web/compress.mjs web/console/dist

web/app/dist/build/h5/index.html: web/app/node_modules/.package-lock.json $(call inputs,app)
	cd web/app && npm run build:h5 --silent
	node web/compress.mjs web/app/dist/build/h5

web/%/node_modules/.package-lock.json: web/%/package-lock.json
	cd web/$* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

api: ## web/openapi.json anew, from the routes
	cargo run --quiet -p daogou-server -- api > $(TOOLS)/openapi.json
	mv $(TOOLS)/openapi.json web/openapi.json

clean: ## remove what was built
	cargo clean
	rm -rf $(TOOLS)

# The auditors of exported books run as programs of their own.
$(TOOLS)/venv/bin/bean-check:
	python3 -m venv $(TOOLS)/venv || { [ "$$(id -u)" = 0 ] && apt-get install -y python3-venv && python3 -m venv $(TOOLS)/venv; }
	$(TOOLS)/venv/bin/pip install --quiet 'beancount>=3,<4'

hledger:
	@command -v hledger >/dev/null || { [ "$$(id -u)" = 0 ] && { apt-get install -y --no-install-recommends hledger || { apt-get update && apt-get install -y --no-install-recommends hledger; }; } >/dev/null 2>&1; } || { echo 'hledger is not here; install it (Debian: apt-get install hledger)'; exit 2; }
