# make demo    embedded broker and database, real prices, a live page; Ctrl-C ends it
# make test    everything that needs no installed service
# make check   lint, types, import rules
# make spec    model-check the journal rule
# make kafka   a real Kafka on this machine (needs Java and Maven); make test-kafka runs the tests that need one
.DEFAULT_GOAL := help
BIN := .venv/bin
SECONDS ?=

.PHONY: help demo test check spec kafka test-kafka soak soak-sim bench bench-stream bench-quant lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

.venv/.runtime: requirements.lock pyproject.toml
	@deploy/install.sh requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock pyproject.toml
	@deploy/install.sh requirements-dev.lock
	@touch .venv/.runtime $@

demo: .venv/.runtime ## embedded broker and database, real prices, live page (SECONDS=60: headless, with a verdict)
	@exec $(BIN)/riskstream demo $(if $(SECONDS),--seconds $(SECONDS))

test: .venv/.dev ## everything that needs no installed service
	@$(BIN)/pytest

check: .venv/.dev ## lint, types, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

spec: ## model-check the journal rule (needs Java)
	@docs/spec/check.sh $(or $(PYTHON),python3)

kafka: ## one Kafka node on loopback in the foreground, port 9092 (needs Java and Maven)
	@deploy/local/kafka.sh

test-kafka: .venv/.dev ## delivery, faults and takeover on a real Kafka (needs Java and Maven, or Docker)
	@$(BIN)/pytest tests/kafka

soak: .venv/.dev ## the fault campaign at length: 200 kills, 20 zombies, 60 rebalances, 20 broker stops
	@RISKSTREAM_CAMPAIGN=soak $(BIN)/pytest -s tests/kafka/test_campaign.py

soak-sim: .venv/.dev ## 200,000 seeds of the deterministic simulation
	@$(BIN)/python -m tests.simulation --count 200000

bench-stream: .venv/.dev ## the stream on a real Kafka beside bare Faust and a raw loop (needs Java and Maven)
	@$(BIN)/python -m tests.bench.kafka.run

bench: .venv/.dev ## microseconds for a decision, orders/s through the embedded broker
	@$(BIN)/python -m tests.bench.bench_decision
	@$(BIN)/python -m tests.bench.bench_stream

bench-quant: .venv/.dev ## the calculations beside their naive recomputation, and the aims (STRICT=1: fails if one is missed)
	@$(BIN)/python -m tests.bench.quant $(if $(STRICT),--strict)

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --no-annotate \
	    --python-version 3.11 pyproject.toml --group build -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --no-annotate \
	    --python-version 3.11 pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

clean: ## remove the environment and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .riskstream
