# Every target sets itself up: `make demo` and `make test` work on a fresh checkout.
PYTHON ?= python3
# Compiled modules halve the start of every program that the tests run.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
EMU := $(VENV)/bin/emu

.PHONY: demo test test-oracles test-go lint docs workloads bench fuzz fuzz-netlink fuzz-sockets differential oracles clean

demo: $(VENV)/.run
	$(VENV)/bin/python -m samples.demo

test: $(VENV)/.test oracles
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/pytest -n auto --dist loadfile

# Whether Linux and qemu-user still answer as the expected answers say: some ten minutes.
test-oracles: $(VENV)/.test oracles
	$(VENV)/bin/pytest -n auto --dist load -m oracle

# Programs built with Go, which must be installed: some two minutes when nothing is built yet.
test-go: $(VENV)/.test
	$(VENV)/bin/pytest -n auto -m golang

lint: $(VENV)/.test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# The programs that tests compare with. Without them the tests that need them say so and are skipped.
oracles: $(VENV)/.test
	-$(VENV)/bin/python -m tests.support.oracles

workloads: $(VENV)/.test
	$(VENV)/bin/python -m tests.workloads $(if $(ARCH),--arch $(ARCH)) $(WORKLOADS)

bench: $(VENV)/.test
	$(VENV)/bin/python -m bench.ratios $(BENCH)

fuzz: $(VENV)/.test
	$(VENV)/bin/python -m tests.fuzz $(FUZZ)

# Random file calls on this kernel's tmpfs and on the host's: 50,000 sequences.
differential: $(VENV)/.test
	$(VENV)/bin/python -m tests.differential $(DIFFERENTIAL)

# The documentation as a site, in build/site.
docs: $(VENV)/.docs
	$(VENV)/bin/mkdocs build --quiet

$(VENV)/.docs: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --editable '.[docs]'
	touch $@ $(VENV)/.run

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --editable .
	touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --editable '.[test]'
	touch $@ $(VENV)/.run

fuzz-sockets: $(VENV)/.test
	$(VENV)/bin/python -m tests.fuzz.sockets $(FUZZ)

fuzz-netlink: $(VENV)/.test
	$(VENV)/bin/python -m tests.fuzz.netlink $(FUZZ)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .hypothesis .benchmarks
