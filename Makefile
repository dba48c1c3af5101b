# The project's commands. Each makes the virtual environment first, from the hash-locked requirements:
# nothing but Python 3.11 or newer, pip and make is needed. Without make: see README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test test-all check bench bench-asked format lock clean

help:  ## List the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(INSTALLED): pyproject.toml requirements.lock
	$(PYTHON) -m venv "$(VENV)"
	"$(BIN)/python" -m pip install --quiet --require-hashes -r requirements.lock
	"$(BIN)/python" -m pip install --quiet --no-deps --no-build-isolation -e .
	touch "$(INSTALLED)"

demo: $(INSTALLED)  ## Run the whole job on a simulated district
	"$(BIN)/ews" demo

test: check  ## Check the code and run the tests (the slow ones: make test-all)
	"$(BIN)/python" -m pytest -n auto --dist loadfile --no-loadscope-reorder

test-all: check  ## Run every test, long simulations included
	"$(BIN)/python" -m pytest -m "not benchmark"

check: $(INSTALLED)  ## Format, lint and type checks
	"$(BIN)/ruff" format --check .
	"$(BIN)/ruff" check .
	"$(BIN)/mypy"

# What `make bench` measures:
#   make bench SIZES="1000 10000" ROUNDS=3 YEARS=5 STAGES="features night" FOLDER=/disk
# All sizes up to 100,000 take hours; SIZES=1000000 needs 60 GB of disk or more, 15 with YEARS=2. FOLDER keeps the
# districts; NOTE is a sentence about the machine for the page.
SIZES ?=
ROUNDS ?=
YEARS ?=
STAGES ?=
FOLDER ?=
NOTE ?=

bench: $(INSTALLED)  ## Measure every stage at every size; writes docs/benchmarks.md
	BENCH_SIZES="$(SIZES)" BENCH_ROUNDS="$(ROUNDS)" BENCH_YEARS="$(YEARS)" BENCH_STAGES="$(STAGES)" \
	  BENCH_FOLDER="$(FOLDER)" BENCH_NOTE="$(NOTE)" "$(BIN)/python" -m pytest -m benchmark --benchmark-only \
	  tests/benchmarks/test_at_scale.py tests/benchmarks/test_start_up.py
	"$(BIN)/python" -m tests.benchmarks.report

bench-asked: $(INSTALLED)  ## Measure single parts against what was asked of them
	"$(BIN)/python" -m pytest -m benchmark --benchmark-only --ignore tests/benchmarks/test_at_scale.py \
	  --ignore tests/benchmarks/test_start_up.py

format: $(INSTALLED)  ## Format the code and mend what can be mended
	"$(BIN)/ruff" format .
	"$(BIN)/ruff" check --fix .

lock: $(INSTALLED)  ## Resolve requirements.lock again
	"$(BIN)/uv" pip compile pyproject.toml --extra test --extra build --universal --generate-hashes --no-header -q -o requirements.lock

clean:  ## Remove the virtual environment
	rm -rf "$(VENV)"
