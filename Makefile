# DT6. `make ask` and `make test` need Python >= 3.11 and nothing else; `make help` lists the rest.
# Everything that is downloaded comes from a lock file with hashes, into .venv.

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

# The first Python on the PATH that is new enough; `make PYTHON=/path/to/python` takes another.
NEW_ENOUGH := import sys; raise SystemExit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)

# Where uv has no wheel for this platform, pip reads the same lock files (slower).
install = if $(BIN)/python -m uv --version >/dev/null 2>&1; \
	then $(BIN)/python -m uv pip install --quiet --python $(BIN)/python $(1); \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check $(1); fi

# W and Q travel through the environment, unexpanded, so that a question may hold quotes, dollars and backslashes.
W ?= .
Q ?= How does a question become an answer with citations?
unexport W Q
ask: export ASK_FOLDER = $(value W)
ask: export ASK_QUESTION = $(value Q)

.DEFAULT_GOAL := help
.PHONY: help ask test neovim vscode test-vscode check lint-fix bench bench-data bench-lsp docs lock train-embeddings clean

help: ## This list.
	@echo 'make ask [W=FOLDER] [Q="QUESTION"]  indexes FOLDER (default: this one) and answers, with citations'
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile | while IFS=: read -r name text; do printf '  make %-18s%s\n' "$$name" "$$text"; done

ask: .venv/.runtime ## Answers a question about a folder; sets everything up the first time.
	@$(BIN)/dt6-lsp ask --workspace "$$ASK_FOLDER" -- "$$ASK_QUESTION"

test: check ## What CI runs: the checks, then every test.
	$(BIN)/python -m pytest

neovim: .venv-neovim/.installed ## Gets a current Neovim for `make test`, which also takes the one on the PATH.

vscode: editors/vscode/node_modules/.installed ## Checks the VS Code extension and makes editors/vscode/dist/dt6.vsix (Node.js 20).
	cd editors/vscode && npm run --silent check && npm run --silent package

# The real VS Code is code-server, in the user's cache folder; the browser is the system's Chromium (or CHROMIUM).
test-vscode: .venv/.dev vscode tests/editors/vscode/node_modules/.installed ## Drives the extension in the real VS Code.
	code_server=$$(tests/editors/vscode/install.sh) && CODE_SERVER="$$code_server" \
		VSIX="$(CURDIR)/editors/vscode/dist/dt6.vsix" node --test tests/editors/vscode/*.test.mjs

%/node_modules/.installed: %/package-lock.json
	cd $* && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

check: .venv/.dev ## Style, types, layers, and generated files that must be fresh.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.locks
	$(BIN)/python -m tools.docs check

lint-fix: .venv/.dev ## Mends what can be mended by itself.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# CORPORA (a folder of repositories), REPOS (a list of them) and SEMBLE (a Python that has it) are handed on.
BENCH = $(BIN)/python -m tests.benchmarks $(if $(CORPORA),--corpora "$(CORPORA)") $(if $(REPOS),--repos "$(REPOS)") \
	$(if $(SEMBLE),--semble "$(SEMBLE)")

bench: .venv/.dev ## Measures all that has a budget (a quarter of an hour; the first time it downloads semble).
	$(BENCH)

bench-data: .venv/.dev ## The same, and docs/performance.md is made again from what was measured.
	$(BENCH) --keep docs/data; measured=$$?; $(BIN)/python -m tools.docs write && exit $$measured

bench-lsp: .venv/.dev ## Measures the language server over the wire, idle and beside an index run (minutes; downloads jedi-language-server).
	$(BIN)/python -m tests.benchmarks.lsp $(if $(JEDI),--jedi "$(JEDI)")

docs: .venv/.dev ## Writes the generated pages again.
	$(BIN)/python -m tools.docs write

# --- setting up -----------------------------------------------------------------------------------------------------

.venv/.installer: requirements-installer.lock
	@test -n "$(PYTHON)" || { echo 'DT6 needs Python 3.11 or newer, and none is on the PATH.' \
		'Install one, or name it: make PYTHON=/path/to/python' >&2; exit 1; }
	@echo 'Setting up .venv ...'
	@$(PYTHON) -m venv --clear .venv || { echo 'Python could not make .venv.' \
		'On Debian and Ubuntu: apt install python3-venv' >&2; rm -rf .venv; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
		-r requirements-installer.lock || echo 'uv is not to be had here; pip does its work.'
	@touch $@

.venv/.runtime: .venv/.installer requirements.lock pyproject.toml
	@$(call install,--require-hashes -r requirements.lock)
	@$(call install,--no-deps --no-build-isolation --editable .)
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	@$(call install,--require-hashes -r requirements-dev.lock)
	@touch $@

.venv-neovim/.installed: .venv/.installer requirements-editors.lock
	@rm -rf .venv-neovim
	@$(call install,--no-deps --target .venv-neovim --require-hashes -r requirements-editors.lock)
	@touch $@

# --- for who changes dependencies or the embedded model -------------------------------------------------------------

COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links

UPGRADE ?= --upgrade
lock: .venv/.installer ## Pins the newest versions that pyproject.toml allows (UPGRADE= keeps those pinned now).
	$(COMPILE) $(UPGRADE) pyproject.toml --group build --group dev -o requirements-dev.lock
	$(COMPILE) pyproject.toml --group build -c requirements-dev.lock --no-annotate -o requirements.lock
	$(COMPILE) $(UPGRADE) --group installer -o requirements-installer.lock
	$(COMPILE) $(UPGRADE) --group editors -o requirements-editors.lock

train-embeddings: ## Makes the embedded model again (downloads torch into .venv-train; minutes).
	$(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install --quiet torch==2.13.0
	.venv-train/bin/python -m pip install --quiet --editable '.[train]'
	.venv-train/bin/python -m tools.train_embeddings

clean: ## Removes .venv and caches; the indexes in your data folder stay.
	rm -rf .venv .venv-train .venv-neovim .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
