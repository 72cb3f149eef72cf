# Needs Python ≥ 3.11 with pip, and make. Everything else is installed into .venv, pinned, with hashes.
# `make PYTHON=/path/to/python` chooses the interpreter; otherwise the newest of 3.14 … 3.11 that really runs.

PYTHON ?= $(shell sh .ci/newest_python.sh)
VENV ?= .venv
BIN := $(VENV)/bin
MUTATION_JOBS ?= 2
HYPOTHESIS_PROFILE ?= ci
export HYPOTHESIS_PROFILE

.DEFAULT_GOAL := help
.PHONY: help demo test test-all explore bench bench-full run-bench run-bench-full docs mutation invariants requirements clean

help:
	@echo "make demo        a season of real orders, end to end; writes examples/trading_season/out/report.html"
	@echo "make test        everything the build server runs"
	@echo "make test-all    the tests on every Python 3.11 to 3.14 found here"
	@echo "make explore     a million orders, every law on each: a quarter of an hour and 2.5 GB"
	@echo "make bench       short benchmarks; make bench-full takes its time"
	@echo "make docs        the documentation, in docs/_build/html"
	@echo "make mutation    mutation score of kernel and rules; MUTATION_JOBS=2 at a time"
	@echo "make invariants  rewrites docs/explanation/invariants.md from the code"
	@echo "make requirements  pins requirements/*.txt anew (needs uv)"

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "No Python >= 3.11 found: put one on PATH or say make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# One stamp for each set of requirements: a second run is quick, a changed file installs again.
$(VENV)/.installed-%: requirements/%.txt pyproject.toml $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements/$*.txt
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

.PRECIOUS: $(VENV)/.installed-%

demo: $(VENV)/.installed-demo
	$(BIN)/python examples/trading_season/run.py $(ARGS)

test: $(VENV)/.installed-test
	$(BIN)/python .ci/check.py

test-all:
	sh .ci/test_all.sh

# The long profile of the explorer alone; ARGS goes to pytest, e.g. ARGS=tests/testing/test_remedies.py.
explore: $(VENV)/.installed-test
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -q -k "within_reach or helps" $(or $(ARGS),tests/testing/test_explorer.py)

# An environment of its own: the peers hold back versions that the project does not.
bench bench-full:
	@$(MAKE) --no-print-directory VENV=$(VENV)-bench run-$@

run-bench: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/run.py --profile short $(ARGS)

run-bench-full: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/run.py --profile full $(ARGS)

docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx -n -W --keep-going -b html docs docs/_build/html

mutation: $(VENV)/.installed-test
	HYPOTHESIS_PROFILE=mutation nice -n 10 $(BIN)/python .ci/mutation.py --jobs $(MUTATION_JOBS)
	$(BIN)/python .ci/mutation_score.py

invariants: $(VENV)/.installed-test
	$(BIN)/python .ci/invariants_page.py

requirements:
	sh .ci/pin_requirements.sh

clean:
	rm -rf $(VENV) $(VENV)-* docs/_build docs/reference/packages docs/reference/orders mutants .coverage .coverage.* htmlcov
