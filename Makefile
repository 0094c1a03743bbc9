# Needs Python 3.11 or later, pip and make; everything else goes into .venv.
PYTHON ?= python3
BIN := .venv/bin
# Of all that is installed a small part is ever imported: Python compiles it then, once, and keeps it.
INSTALL := install --quiet --no-compile
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run check kernel kernel-here kernel-old test lowest validate mutants bench docs lint clean

.venv/run.stamp: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip $(INSTALL) --editable .
	touch $@

.venv/test.stamp: .venv/run.stamp
	$(BIN)/pip $(INSTALL) --editable '.[test]'
	touch $@

# Laval: 20 years with and without the SMP, 20 replications each.
run: .venv/run.stamp
	$(BIN)/ess-sim run scenarios/laval/baseline.yaml scenarios/laval/smp.yaml \
		--replications 20 --seed 1 --baseline laval-baseline --out results/laval

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# For daily work, within 90 s: lint, strict types, and the tests of what has changed since main.
check: lint
	$(BIN)/python tools/check_changes.py

# The residents' kernel, compiled for this processor and for the oldest one, which a test imitates; what tests need
# may be installed meanwhile.
kernel: kernel-here kernel-old

kernel-here: .venv/run.stamp
	$(BIN)/python -c "from ess_sim.model.run.warm_up import compile_kernel; compile_kernel()"

kernel-old: .venv/run.stamp
	NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES= \
		$(BIN)/python -c "from ess_sim.model.run.warm_up import compile_kernel; compile_kernel()"

# Lint, strict types, examples in docstrings and all tests but the long statistical ones. About 7 minutes on 2 cores.
test:
	$(MAKE) --no-print-directory --jobs 2 lint kernel
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not validate" --durations 15

.venv-lowest/stamp: pyproject.toml constraints/lowest.txt
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/pip $(INSTALL) --editable '.[dask]' pytest hypothesis --constraint constraints/lowest.txt
	touch $@

# Do the lowest versions declared work, and give the same bytes? (Old libraries warn of newer ones: no errors here.)
lowest: .venv-lowest/stamp
	.venv-lowest/bin/python -m pytest -q -W default -m "not validate" -k "not old_processor" tests/model/test_golden.py \
		tests/inputs/test_files.py tests/results/test_folder.py tests/results/test_tables.py tests/results/test_compare.py \
		tests/experiments/test_engines.py tests/faces/test_cli.py tests/analysis/test_calibration.py

# Is it true? Long tests, then back-tests against stated tolerances, with tables and pictures in results/validation;
# docs/checks.md says what was found.
# Within an hour on 2 cores. Both run even if the first fails.
validate: .venv/test.stamp
	$(BIN)/pytest -n 2 -m validate --durations 0; tests=$$?; \
		$(BIN)/python -m validation --record && exit $$tests

# Small wrong changes to the model's core: which of them would no test notice? Within an hour on 2 cores.
mutants: .venv/test.stamp
	$(BIN)/python -m validation.mutants

.venv/docs.stamp: .venv/run.stamp
	$(BIN)/pip $(INSTALL) --editable '.[docs]'
	touch $@

# The documentation as a site, whole each time: what it is made of are sources, too. Once installed it needs no network.
docs: .venv/docs.stamp
	$(BIN)/sphinx-build --fail-on-warning --keep-going -qE -b html -d build/doctrees -c docs/site . results/docs
	@echo open results/docs/index.html

# How fast is it, beside other libraries, too? Writes docs/performance.md; an hour. Mesa or Starsim may be missing.
bench: .venv/test.stamp
	-$(BIN)/pip $(INSTALL) --editable '.[bench]'
	$(BIN)/python benchmarks/performance.py
	$(BIN)/python benchmarks/batches.py

clean:
	rm -rf .venv .venv-lowest results build dist
