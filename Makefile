# `make demo` and `make test` need Python 3.11 or newer, make, and nothing else. `make help` lists the rest.

PYTHON ?=
VENV ?= .venv
ARGS ?=

# Every recipe uses the interpreter of its own environment, whatever is active in the shell.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
PY = "$(VENV)/bin/python"

.DEFAULT_GOAL := help
.PHONY: help demo lab test lint bench clean again
.NOTPARALLEL:

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile
	@echo "Variables: PYTHON (the interpreter to build with), VENV (where, default .venv), ARGS (passed on by lab, test, bench)."

demo: $(VENV)/.demo ## set up, then find orders at the demo merchant, end to end
	@$(PY) -m workbench demo

lab: $(VENV)/.lab ## set up, then JupyterLab on the onboarding notebook
	@$(PY) -m workbench lab $(ARGS)

test: $(VENV)/.test ## set up, then run every test
	@$(PY) -m pytest $(ARGS)

lint: $(VENV)/.test ## ruff and mypy
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

bench: $(VENV)/.test ## how fast mapping, calling and the widget are, beside their peers
	@$(PY) -m bench.run $(ARGS)
	@$(PY) -m bench.calls
	@$(PY) -m bench.tree
	@$(PY) -m bench.widget
	@$(PY) -m bench.lab
	@$(PY) -m bench.clicks
	@test -z "$$WORKBENCH_ORDERBENCH" || $(PY) -m bench.suggest --quick

clean: ## remove the environment and all caches
	rm -rf "$(VENV)" build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find workbench tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.demo: EXTRAS = demo
$(VENV)/.test: EXTRAS = demo,dev,graphql,jwt,notebook,soap
$(VENV)/.lab: EXTRAS = demo,graphql,jwt,notebook,soap

$(VENV)/.demo $(VENV)/.test $(VENV)/.lab: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing workbench[$(EXTRAS)] into $(VENV); the first time takes a minute or two ..."
	@$(PY) -m pip --disable-pip-version-check install --quiet --constraint constraints.txt --editable ".[$(EXTRAS)]"
	@touch "$@"

# An environment that was made elsewhere, or whose interpreter is gone, is made again: it would run another checkout.
MADE_FOR := $(shell $(PY) -c "" 2>/dev/null && cat "$(VENV)/.made" 2>/dev/null)
ifneq "$(MADE_FOR)" "$(CURDIR)"
$(VENV)/.made: again
endif

# With the first interpreter that is new enough and can make environments (Debian packs that part separately).
CANDIDATES = $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3 python)

$(VENV)/.made:
	@old=; bare=; \
	for python in $(CANDIDATES); do \
	  "$$python" -c "" >/dev/null 2>&1 || continue; \
	  "$$python" -c "import sys; sys.exit(sys.version_info < (3, 11))" || { old="$$old, $$("$$python" -V 2>&1)"; continue; }; \
	  "$$python" -c "import ensurepip, venv" 2>/dev/null || { bare="$$bare $$python"; continue; }; \
	  echo "Making $(VENV) with $$("$$python" -V)"; \
	  "$$python" -m venv --clear "$(VENV)" && echo "$(CURDIR)" > "$@"; \
	  exit; \
	done; \
	if test -n "$$bare"; then \
	  echo "make:$$bare cannot make environments - install the venv module (Debian, Ubuntu: apt install python3-venv)" >&2; \
	elif test -n "$$old"; then \
	  echo "make: only $${old#, } here, Python 3.11 or newer is needed - install one, or say make PYTHON=/path/to/it" >&2; \
	else \
	  echo "make: no Python found - install Python 3.11 or newer, or say make PYTHON=/path/to/it" >&2; \
	fi; exit 1
