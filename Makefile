# Needs Python 3.11 or newer with venv, git and make. Everything else is fetched: packages by uv, and uv itself by the last rule.
UV := $(shell command -v uv || echo .uv/bin/uv)
BIN := .venv/bin
NPM := cd frontend && PATH="$(CURDIR)/$(BIN):$$PATH" npm

# Where it is set, every process compiles every library anew: seconds for each of the many that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up test check bench openapi e2e synth diff deploy destroy clean

up: .venv/ready                          ## run everything on this machine, until Ctrl-C
	@exec $(BIN)/dispatch up

test: .venv/cloud .venv/trial frontend/.ready   ## every test, in a real browser too
	sh tests/need-alertmanager
	$(BIN)/pytest -n 2 -m "not browser"
	$(NPM) test
	$(MAKE) --no-print-directory e2e

check: .venv/cloud frontend/.ready       ## style, types, who may import whom, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m infra.generated --check
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows workflows/*.yml
	$(BIN)/zizmor --offline --quiet --strict-collection --persona auditor workflows/*.yml
	$(NPM) run workflows
	$(NPM) run openapi:check
	$(NPM) run check

bench: .venv/trial                       ## the figures of the README
	$(BIN)/python -m benchmarks

openapi: .venv/ready frontend/.ready     ## what is made from code and kept in the repository
	$(BIN)/python -m infra.generated
	$(NPM) run openapi

e2e: .venv/ready frontend/.ready         ## the browser tests alone
	sh tests/e2e/need-chromium
	$(BIN)/pytest -n 2 --dist worksteal -m browser

synth diff deploy destroy: .venv/cloud infra/.ready   ## AWS: STAGE=small or standard; `destroy` keeps the data, WITH_DATA=1 does not
	$(BIN)/python -m infra.deploying $@ $(if $(WITH_DATA),--with-data)

clean:                                   ## removes what was made or fetched, but not your data in .dispatch/
	rm -rf .venv .uv .alertmanager frontend/.ready frontend/build frontend/node_modules frontend/.svelte-kit infra/.ready infra/node_modules .bundles cdk.out

frontend/.ready: frontend/package-lock.json | .venv/ready
	$(NPM) ci --no-audit --no-fund --loglevel=error && touch .ready

infra/.ready: infra/package-lock.json | .venv/ready
	cd infra && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error && touch .ready

.venv/ready: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen && touch $@

.venv/cloud: .venv/ready                 # what only those need who build or test the cloud's part: a third of a gigabyte
	$(UV) sync --frozen --inexact --group cloud && touch $@

.venv/trial: .venv/ready                 # what is only tried or measured against: a quarter of a gigabyte
	$(UV) sync --frozen --inexact --group trial && touch $@

.uv/bin/uv:
	@echo "Fetching uv from PyPI into .uv/, once"
	@python3 -m venv .uv || { echo "Python's venv is missing. On Debian: apt-get install python3-venv"; exit 2; }
	@.uv/bin/pip install --quiet uv
