# Needs Python 3.11, 3.12 or 3.13, Node 20 or newer, and nothing else; everything goes into .venv and node_modules.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PYTHON_STAMP := .installed-python
NODE_STAMP := .installed-node
SOURCES := claim_issuers identity_service tests
ARGS ?=
MUTANTS ?= 1000000
SEED ?=

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: install ## run the whole story on a local chain, then serve the pages (ARGS="--once --json FILE")
	@$(BIN)/identity-service demo $(ARGS)

.PHONY: test
test: install ## run all tests, three at a time (ARGS="tests/web -k headers")
	@$(BIN)/python -m pytest -n 3 --dist loadfile $(ARGS)

.PHONY: pictures
pictures: install ## pictures and faults of a running service's pages, into .demo/ (ARGS="--base http://127.0.0.1:8080 --paths /,/my-claims@6")
	@node tests/browser/tour.mjs $(ARGS)

.PHONY: fuzz
fuzz: install ## try the property tests with many more examples (ARGS="tests/api"), then mutated tokens (MUTANTS=1000000 SEED=7)
	@$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=fuzz $(ARGS)
	@$(BIN)/python -m tests.fuzz --count $(MUTANTS) $(if $(SEED),--seed $(SEED))

.PHONY: bench
bench: install ## measure the claim library beside its peers, a minute (ARGS="--only four-forms --rounds 81 --json FILE")
	@$(BIN)/python -m bench $(ARGS)

.PHONY: schemas
schemas: $(PYTHON_STAMP) ## write the JSON Schemas of the claim types anew, into docs/claim-types/
	@$(BIN)/python docs/claim-types/make.py

.PHONY: translations
translations: $(PYTHON_STAMP) ## write the messages of pages into the catalogues, and say how many are not translated
	@$(BIN)/python -m tests.support.messages

.PHONY: check
check: $(PYTHON_STAMP) ## lint, formatting, types, walls between the rooms
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: fmt
fmt: $(PYTHON_STAMP) ## put the code into its format and mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: install
install: $(PYTHON_STAMP) $(NODE_STAMP) ## install what the other targets need, once

# The first interpreter that is new enough and not too new (coincurve has no wheel for 3.14 yet).
define find_python
for name in python3 python3.13 python3.12 python3.11; do \
  if "$$name" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then echo "$$name"; exit 0; fi; \
done; \
echo "No suitable Python: install 3.11, 3.12 or 3.13 (python3 here is $$(python3 --version 2>&1 || echo missing))." >&2; exit 1
endef

$(BIN)/python:
	python=$$($(find_python)); "$$python" -m venv $(VENV)

# One requirements file pins every package by hash, the build backend too, so the last step builds with what is already there.
$(PYTHON_STAMP): requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Not `npm ci`: it refuses a lock that lacks the optional packages of other systems, and anvil's binaries are such packages.
$(NODE_STAMP): package.json package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null \
	  || { echo "Node 20 or newer is needed (here: $$(node --version 2>/dev/null || echo none))." >&2; exit 1; }
	npm install --no-save --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

.PHONY: lock
lock: $(BIN)/python ## resolve the Python packages anew and pin them by hash
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14'
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	  --python-version 3.11 pyproject.toml --group dev --group build --output-file requirements.lock

.PHONY: clean
clean: ## remove what install made
	rm -rf $(VENV) node_modules $(PYTHON_STAMP) $(NODE_STAMP)
