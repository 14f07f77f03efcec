# Two commands: `make run` (everything from nothing to an open address) and `make test`. Needs Python 3.11+ with venv, nothing else.
PYTHON ?= python3
PY := .venv/bin/python

.PHONY: run test soak check bench interop lock clean

run:            ## environment, front end, database, demo data, all processes; prints the address; Ctrl-C stops all
	@$(PYTHON) scripts/bootstrap.py run
	@$(PY) -m xieli serve --demo $(ARGS)

test:           ## what the tests need, then all tests at the small size
	@$(PYTHON) scripts/bootstrap.py test
	@$(PY) scripts/run_tests.py $(ARGS)

soak:           ## the same at the large size, on the embedded server and on PostgreSQL 15; writes docs/soak.md
	@$(PYTHON) scripts/bootstrap.py test
	@$(PY) scripts/run_tests.py --soak $(ARGS)

check:          ## style, types (strict on the engines), import layers
	@$(PYTHON) scripts/bootstrap.py test
	$(PY) -m ruff check .
	$(PY) -m mypy --strict -p xieli.engines
	$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

bench:          ## every figure; results with machine and ratio go to bench/results
	@$(PYTHON) scripts/bootstrap.py test
	@$(PY) scripts/run_benches.py $(ARGS)

interop:        ## foreign checkers, each in a throw-away environment, never a dependency
	@$(PYTHON) scripts/bootstrap.py test
	@$(PY) scripts/run_interop.py $(ARGS)

lock:           ## take the present environment's versions and the front-end lock as the tested ones
	@$(PY) scripts/lock.py

clean:          ## remove what tests and builds leave; data in var/ stay
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
