# The one front door. `make` alone lists what there is; nothing but Python 3.11 or later and make has to be there first.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The first Python on the path that is new enough; override with `make PYTHON=/path/to/python`.
PYTHON ?= $(shell sh scripts/find_python.sh)
COUNT ?= 2
MINUTES ?= 10
SEEDS ?= 300

.DEFAULT_GOAL := help
.PHONY: help setup setup-browser setup-softhsm demo test thorough check security docs coverage bench soak simulate faults pythons fuzz format lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## make .venv with the command `dure` in it (at once when nothing changed)

$(STAMP): requirements/dev.txt requirements/data.txt pyproject.toml scripts/setup.sh scripts/assets.toml scripts/fetch_assets.py
	@sh scripts/setup.sh "$(PYTHON)" "$(VENV)"
	@touch $@

setup-browser: ## install a browser for the page tests, where that is possible
	@sh scripts/setup_browser.sh

setup-softhsm: ## install a token of software for the tests of keys in a token, where that is possible
	@sh scripts/setup_softhsm.sh

demo: setup ## four organisations, real flights: late ones are paid by themselves
	@$(BIN)/dure demo flight-delay $(ARGS)

test: setup setup-browser setup-softhsm ## run the test suite: what each part promises, once
	@$(BIN)/python -m pytest -n $(COUNT) --dist loadfile -m "not thorough" $(ARGS)

thorough: setup setup-browser setup-softhsm ## run what takes long: more of each kind that `make test` has one of
	@$(BIN)/python -m pytest -n $(COUNT) --dist loadfile -m thorough $(ARGS)

check: setup ## format, lint, types and the import rules of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .cache/import_linter
	@$(MAKE) --no-print-directory security
	@$(MAKE) --no-print-directory coverage

security: setup ## secrets in the tree, and known weaknesses of what a node installs
	@$(BIN)/python -m scripts.scan_secrets
	@$(BIN)/python -m scripts.audit_dependencies

coverage: setup ## every line and branch of the engines is reached by their own tests
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/unit/consensus tests/conformance/test_engines.py \
	  --cov=dure.consensus --cov-report=term-missing:skip-covered --cov-fail-under=100

docs: setup ## build the documentation into site/, any broken link is an error
	$(BIN)/cog --check --diff -I . docs/reference/*.md docs/reference/library/*.md docs/explanation/performance.md
	@$(BIN)/python -m scripts.bench_report --check
	@$(BIN)/python -m scripts.draw_house --check
	@$(BIN)/python -m scripts.draw_pbft --check
	$(BIN)/zensical build --clean --strict

soak: MINUTES = 30
soak: setup ## half load for MINUTES=30: memory and latency must not grow
	@$(BIN)/dure bench soak --minutes $(MINUTES) $(ARGS)

bench: setup ## measure everything and write the page of figures: half an hour; ARGS=--quick only shows that it runs
	@$(BIN)/python -m scripts.run_benches $(ARGS)
	@$(BIN)/python -m scripts.bench_report
	@$(BIN)/cog -r --verbosity=0 -I . docs/reference/benchmarks.md docs/explanation/performance.md

simulate: setup ## whole networks from one seed, on simulated disk, clock and network; SEEDS=300
	@$(BIN)/dure simulate pbft --seeds $(SEEDS) --jobs $(COUNT) $(ARGS)

faults: setup ## kill, cut and starve real nodes under load, then a random storm; MINUTES=10
	@FAULTS_MINUTES=$(MINUTES) $(BIN)/python -m pytest -s tests/e2e/test_real_faults.py tests/e2e/test_real_links.py \
	  tests/e2e/test_real_storm.py $(ARGS)

pythons: setup ## hold contracts against their known answers on every Python from 3.11 on
	@$(BIN)/python -m scripts.check_pythons

fuzz: setup ## hunt for programs that the contract checker or machine cannot stand; MINUTES=10
	@$(BIN)/python -m scripts.fuzz_contracts $(MINUTES)

format: setup ## rewrite what ruff can rewrite, and the generated reference pages
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/cog -r --verbosity=0 -I . docs/reference/*.md docs/reference/library/*.md docs/explanation/performance.md
	$(BIN)/python -m scripts.bench_report
	$(BIN)/python -m scripts.draw_house
	$(BIN)/python -m scripts.draw_pbft

lock: setup ## choose new versions of everything and write requirements/*.txt
	@sh scripts/lock.sh "$(BIN)/python"

clean: ## remove everything that the other targets made
	rm -rf $(VENV) site build dist .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage demo-data \
	  src/dure/console/static/vendor
