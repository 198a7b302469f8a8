# Everything a person or CI does with this project; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Where a machine forbids it, every command would compile every library anew: two seconds each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check prove bench lock clean

help:  ## List what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: .venv/ready  ## Install everything into .venv, from the lock files

.venv/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (the first time takes a minute or two)"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --require-hashes -r .venv/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock \
	  || $(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup  ## Simulate an academy, report on it, and serve it
	@$(BIN)/headsup demo $(ARGS)

test: setup  ## Run the tests (in a zone that is not UTC, since no day may depend on the machine's)
	@TZ=America/New_York $(BIN)/pytest -n 3 --dist worksteal --cov --cov-report=term $(ARGS)

check: setup  ## Format, lint, types, imports, then the tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

prove: setup  ## The long forms: many kills, fuzzing, big tables
	@$(BIN)/pytest -n 2 -m "prove or law" --hypothesis-profile=long $(ARGS)

bench: setup  ## Measure what is claimed, beside its reference (ONLY=name)
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(ARGS)

lock: setup  ## Resolve the lock files anew
	@$(BIN)/uv pip compile pyproject.toml --extra dev --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade --quiet -o requirements-dev.lock
	@$(BIN)/uv pip compile pyproject.toml --constraint requirements-dev.lock --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements.lock

clean:  ## Remove what was built here, and .venv
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage build *.egg-info
