# Every command that people and CI use. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
TOOLS := .tools
# Each file of goods has a demo of its own.
DEMO := .demo/$(if $(GOODS),$(basename $(notdir $(GOODS))),made)
PORT := 8080
export PATH := $(CURDIR)/$(TOOLS)/venv/bin:$(PATH)

.PHONY: help demo demo-clean test lint bench fmt build clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: build ## everything simulated, then served on http://127.0.0.1:8080 (GOODS=file.csv PORT=8080)
	target/release/daogou demo --dir $(DEMO) --port $(PORT) $(if $(GOODS),--goods '$(GOODS)') $(if $(ONCE),--once)

demo-clean: ## remove everything that the demo made
	rm -rf .demo

test: $(TOOLS)/venv/bin/bean-check ## everything that must hold, on SQLite and on a temporary PostgreSQL
	scripts/with-postgres cargo test --workspace --quiet
	@echo "make test: all passed"

lint: ## formatting and clippy, warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

bench: ## recording, booking, verifying and landing pages on both engines (minutes)
	scripts/with-postgres cargo bench -p daogou-app --bench main_path

fmt: ## format everything
	cargo fmt --all

build: ## the release binary, target/release/daogou
	cargo build --release -p daogou-server

clean: ## remove what was built
	cargo clean
	rm -rf $(TOOLS)

# The auditors of exported books run as programs of their own.
$(TOOLS)/venv/bin/bean-check:
	python3 -m venv $(TOOLS)/venv || { [ "$$(id -u)" = 0 ] && apt-get install -y python3-venv && python3 -m venv $(TOOLS)/venv; }
	$(TOOLS)/venv/bin/pip install --quiet 'beancount>=3,<4'
