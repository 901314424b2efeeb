# Two commands do all set-up: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
RUNS ?= 2000
JOBS ?= 2

.PHONY: demo test check wheel docs gallery tutorial mesa clean

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "multivector needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

demo: .venv/installed  ## Run the main job: three scenarios, their tables and pictures
	$(BIN)/multivector batch baseline cpc_closure five_bilateral_deals_2025 \
		-n $(RUNS) --jobs $(JOBS) --out results/demo --overwrite

test: .venv/installed  ## Run the tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

check: .venv/installed  ## Lint, types, and the floors of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/installed  ## Build the site into build/docs, from the pages and the code
	$(BIN)/python -m sphinx -b html -n -W --keep-going -q -d build/doctrees docs build/docs

wheel: .venv/installed  ## Build the package, install it into an empty environment, use it outside the checkout
	rm -rf dist build/empty build/outside
	$(BIN)/python -m hatchling build -d dist
	$(BIN)/python -m venv build/empty
	build/empty/bin/python -m pip install --quiet dist/multivector-*.tar.gz
	mkdir build/outside
	cd build/outside && ../empty/bin/multivector scenarios list > /dev/null \
		&& ../empty/bin/multivector batch baseline cpc_closure -n 50 \
		&& ../empty/bin/python -c 'import sim; print(sim.load("results/baseline-cpc_closure-50").effects())'

gallery: .venv/installed  ## Draw every figure for docs/gallery.md (some ten minutes where no fit is stored)
	$(BIN)/python benchmarks/gallery.py

tutorial: .venv/installed  ## Run the tutorial and keep its outputs
	$(BIN)/python docs/run_tutorial.py

mesa:  ## Mesa's face on every line of Mesa whose Python is at hand
	$(PYTHON) benchmarks/mesa_lines.py

clean:
	rm -rf .venv build dist *.egg-info docs/reference
