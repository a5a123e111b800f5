# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: env spark s3 audit demo test test-long test-deep check format lint types imports docs benchmark benchmark-small linkage
env: $(STAMP)

$(STAMP): requirements/run.txt requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

# PySpark has no wheel: it is built here, for those who want it, and kept apart from everything else.
spark: $(VENV)/.spark

$(VENV)/.spark: requirements/spark.txt $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation --only-binary :all: --no-binary pyspark -r requirements/spark.txt
	touch $@

# A server of object storage on loopback, for tests. Its dependencies contradict the program's own: it lives apart.
s3: .venv-s3/.installed

.venv-s3/.installed: requirements/s3.txt
	$(PYTHON) -m venv .venv-s3
	.venv-s3/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/s3.txt
	touch $@

# Peers of attribution and the FEBRL sets, apart from the program; SETS names a folder with splink_datasets.
.venv-peers/.installed: requirements/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/peers.txt
	touch $@

linkage: env .venv-peers/.installed
	$(BIN)/python -m benchmarks.linkage.compare --peers .venv-peers $(if $(SETS),--sets $(SETS))

# Known weaknesses of what a run needs, asked of the package index: on request, with a network. What could not be asked about
# fails, too. The program that asks lives apart.
audit: .venv-audit/.installed
	.venv-audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements/run.txt

.venv-audit/.installed: requirements/audit.txt
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/audit.txt
	touch $@

demo: env
	$(BIN)/fairlead demo

# Tests of one file, which share what takes long to make, stay in one process; what takes longest begins first.
TESTS := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

test: env
	$(TESTS)

# What takes a minute or more, or needs a cluster: kills at random, damaged media, older servers. CI runs it, too.
test-long: env
	$(TESTS) -m long

# What takes many minutes and runs at smaller scale in the others: on request.
test-deep: env
	$(TESTS) -m deep

check: format lint types imports test test-long

format: env
	$(BIN)/ruff format --check .

lint: env
	$(BIN)/ruff check .

types: env
	$(BIN)/mypy

imports: env
	$(BIN)/lint-imports

docs: env
	$(BIN)/fairlead docs build

# Every claim beside its bound, measured in one run of some twenty minutes; the table lands in benchmarks/claims.json.
benchmark: env
	$(BIN)/python -m benchmarks.claims --write

# A form of a few minutes, which CI runs: fails when a ratio is 1.5 times worse than the one that landed last.
benchmark-small: env
	$(BIN)/python -m benchmarks.claims --small --against benchmarks/claims-small.json
