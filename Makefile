# Each target does all its set-up by itself: Python 3.11 or newer and make are enough.
#
#   make run      the app, open to everyone on the same network (PORT=8501 for a port of your choice)
#   make test     the tests (SLOW=1: all of them; ARGS="tests/model -x": what pytest is to do)
#   make lint     style, types, layers
#   make train    a small model from model/data, until Ctrl-C; the next time it goes on
#                 (ARGS="--config base --corpus DIR --run runs/base --minutes 8": all options yourself)
#   make bench    the benchmarks, each a table of ratios (BENCHMARKS=translate: this one alone)
#   make refresh TESTS=DIR   everything that is computed from the checkpoints, anew: scores, cards, docs/quality.md, picture
#   make clean    removes the virtual environment

PYTHON ?= $(firstword $(foreach name,python3.11 python3 python,$(shell command -v $(name) 2>/dev/null)))
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check
APP    := $(VENV)/.stamp-app
DEV    := $(VENV)/.stamp-dev
ARGS   ?=
RUN    := runs/mine
BENCHMARKS ?= translate explorer lesson

.PHONY: run test lint train bench glossary refresh clean
.DEFAULT_GOAL := run

run: $(APP)
	$(PY) -m streamlit run app.py --server.address 0.0.0.0 $(if $(PORT),--server.port $(PORT)) $(ARGS)

test: $(DEV)
	$(PY) -m pytest $(if $(SLOW),,-m "not slow") $(ARGS)

lint: $(DEV)
	$(PY) -m ruff check .
	$(PY) -m pyright
	$(VENV)/bin/lint-imports --no-logo

train: $(APP)
	$(PY) -m model.train $(or $(ARGS),--config small --run $(RUN) $(if $(wildcard $(RUN)/state.pt),--resume))

bench: $(DEV)
	@for name in $(BENCHMARKS); do $(PY) -m benchmarks.$$name $(ARGS) || exit 1; done

glossary: $(APP)
	$(PY) -m viz.words.glossary

# The companions of the lesson are scored by greedy search alone.
refresh: $(DEV)
	@test -n "$(TESTS)" || { echo "Say where the test files are: make refresh TESTS=DIR"; exit 1; }
	$(PY) -m model.evaluate --checkpoint checkpoints/ko-en --tests "$(TESTS)"
	for name in lstm lstm-bidirectional no-look-ahead-mask; do \
	  $(PY) -m model.evaluate --checkpoint checkpoints/ko-en-$$name --tests "$(TESTS)" --beams 1 || exit 1; done
	for path in checkpoints/*; do $(PY) -m model.card --checkpoint $$path || exit 1; done
	$(PY) -m model.quality
	$(PY) -m tests.browser.screenshot

clean:
	rm -rf $(VENV)

# A stamp is written last, so an interrupted installation is taken up again and a finished one costs nothing.
$(VENV)/.stamp-venv:
	@test -n "$(PYTHON)" || { echo "No Python found: install Python 3.11 or newer, or run 'make PYTHON=/path/to/python3.11'."; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11: install Python 3.11 or newer, or run 'make PYTHON=/path/to/python3.11'."; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	@touch $@

$(APP): requirements.txt $(VENV)/.stamp-venv
	$(PIP) install -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(APP)
	$(PIP) install -r requirements-dev.txt
	@touch $@
