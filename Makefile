# Needs Python 3.11 or newer with venv, git and make. Everything else is fetched: packages by uv, and uv itself by the last rule.
UV := $(shell command -v uv || echo .uv/bin/uv)
BIN := .venv/bin

.PHONY: up test check openapi clean

up: .venv/ready       ## run everything on this machine, until Ctrl-C
	@exec $(BIN)/dispatch up

test: .venv/ready     ## every test that needs no browser
	$(BIN)/pytest -m "not browser"

check: .venv/ready    ## style, types, who may import whom
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/pyright

openapi: .venv/ready  ## what is made from code and kept in the repository
	$(BIN)/python -m infra.generated

clean:                ## removes what was made or fetched, but not your data in .dispatch/
	rm -rf .venv .uv frontend/build frontend/node_modules frontend/.svelte-kit

.venv/ready: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen && touch $@

.uv/bin/uv:
	@echo "Fetching uv from PyPI into .uv/, once"
	@python3 -m venv .uv || { echo "Python's venv is missing. On Debian: apt-get install python3-venv"; exit 2; }
	@.uv/bin/pip install --quiet uv
