# One-line commands; each sets up what it needs in .venv on a fresh machine (Python 3.11+, make).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARTICLES ?= labels/seeds/articles
OUT ?= tagged

.PHONY: help tag test coverage lint type check gate quick docs bench train clean

help:
	@echo "make tag [ARTICLES=folder]  tag articles with the default model"
	@echo "make test                   run every test"
	@echo "make lint | type            ruff | mypy"
	@echo "make check                  labels and models keep their rules"
	@echo "make gate | quick           headline scores hold | a slice of every study comes out the same"
	@echo "make docs                   build the documentation into site/"
	@echo "make bench                  speed of the shipped models"
	@echo "make coverage               tests with the share of lines they run"
	@echo "make train                  train the baseline from labels/"

$(BIN)/carestance: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: $(BIN)/carestance
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@

tag: $(BIN)/carestance
	@mkdir -p $(OUT)
	@$(BIN)/carestance tag $(ARTICLES) --output $(OUT)/tags.csv --summary $(OUT)/summary.csv --report $(OUT)/report.html
	@echo "Open $(OUT)/report.html in a browser."

test: $(VENV)/.dev
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

type: $(VENV)/.dev
	$(BIN)/mypy

check: $(BIN)/carestance
	$(BIN)/carestance labels check
	$(BIN)/carestance models verify

coverage: $(VENV)/.dev
	$(BIN)/python -m pytest --cov=carestance --cov-report=term-missing:skip-covered --cov-fail-under=90

gate: $(BIN)/carestance
	$(BIN)/carestance experiments gate

quick: $(BIN)/carestance
	$(BIN)/carestance experiments reproduce --quick

docs: $(VENV)/.dev
	$(BIN)/python docs/scripts/cli_reference.py
	$(BIN)/mkdocs build --strict --quiet

bench: $(BIN)/carestance
	$(BIN)/carestance bench

train: $(BIN)/carestance
	$(BIN)/carestance train models/tfidf.toml --output models/tfidf

clean:
	rm -rf $(VENV) $(OUT) dist build site
