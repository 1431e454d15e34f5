# The first call of any target makes the virtual environment; nothing else has to be installed by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SERVING := $(VENV)/.serving
PIP := $(BIN)/pip --quiet --disable-pip-version-check
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate $(if $(UPGRADE),--upgrade) \
	--custom-compile-command 'make lock'

.PHONY: serve test check lint types copies explorer screenshots clients python-client federation audit interop interop-tools schema docker-lint lock wheel sbom replay lowest bench bench-live scaling chaos abuse next format clean

BUILT_FROM := pyproject.toml hatch_build.py build_hooks/*.py native/rows.pyx native/numbers.pxd

# Exactly the versions of the lock file; what it lacks of pyproject.toml, pip refuses to install.
$(STAMP): locks/dev.txt $(BUILT_FROM)
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --requirement locks/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(PIP) check
	touch $@

# Without the tools of a developer, so that a first try is soon there.
$(SERVING): locks/server.txt locks/build.txt $(BUILT_FROM)
	@echo "Installs into $(VENV), which takes a minute or two."
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --requirement locks/build.txt
	$(PIP) install --require-hashes --requirement locks/server.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

# Pages of this machine may call a server that make starts; COINGLASS_ALLOWED_ORIGINS replaces the list, or empties it.
serve: export COINGLASS_ALLOWED_ORIGINS ?= http://localhost:*,http://127.0.0.1:*
serve: $(or $(wildcard $(STAMP)),$(SERVING))   ## live with COINGLASS_API_KEY set, otherwise the sandbox
	@if [ -n "$$COINGLASS_API_KEY" ]; then exec $(BIN)/coinglass-graphql serve; else exec $(BIN)/coinglass-graphql serve --sandbox; fi

test: $(STAMP)           ## all tests
	$(BIN)/pytest --numprocesses=auto --dist=worksteal

check: lint types copies test docker-lint   ## what CI runs first; .ci/run runs all

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

copies: $(STAMP)         ## ten or more lines that stand twice
	$(BIN)/pylint --disable=all --enable=duplicate-code --score=n --min-similarity-lines=10 --ignore-imports=yes \
		--ignore-signatures=yes --ignore-docstrings=yes callers cg_client execution graph_types live native pagination payloads probe resolvers sandbox schema served_schema server shared tools build_hooks

docker-lint: $(STAMP)
	$(BIN)/hadolint Dockerfile

explorer: $(STAMP) explorer/node_modules/.installed   ## the page of the explorer: types, tests and build (needs Node)
	cd explorer && npm run --silent check
	$(BIN)/python -m build_hooks.explorer_page

screenshots: $(STAMP)    ## the pictures of the README, of the built page on the modelled market (needs Chromium, and Node for the page)
	$(BIN)/python -m build_hooks.explorer_page
	COINGLASS_GRAPHQL_UI=require COINGLASS_GRAPHQL_SCREENSHOTS=take $(BIN)/pytest --quiet tests/explorer/test_pictures.py

clients: $(STAMP) clients/typescript/node_modules/.installed   ## the TypeScript kit: built, packed, tried with its dashboard in a browser; the SDL linted (needs Node)
	cd clients/typescript && npm run --silent check

python-client: $(STAMP) .venv-python-client/.installed   ## the Python client: built, installed in a clean environment and tested; WRITE=1 rewrites the notebook's results
	WRITE=$(WRITE) clients/python/check

.venv-python-client/.installed: locks/python-client.txt $(STAMP)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-python-client
	$(BIN)/uv pip sync --quiet --python .venv-python-client/bin/python --require-hashes $<
	touch $@

%/node_modules/.installed: %/package-lock.json
	cd $* && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

audit: $(STAMP) interop/http/node_modules/.installed   ## graphql-http's audit of GraphQL over HTTP against the server (needs Node)
	$(BIN)/python -m interop audit

federation: $(STAMP) interop/federation/node_modules/.installed   ## our subgraph under three composers and two gateways (needs Node)
	cd interop/federation && npm run --silent compose && npm run --silent join

# Not with the locked tools alone: pyproject.toml may name what the lock file does not have yet.
lock: $(VENV)/bin/uv     ## write the lock files again after a change of pyproject.toml; UPGRADE=1 takes the newest versions
	$(LOCK) pyproject.toml --extra otel --extra shared --output-file locks/server.txt
	$(LOCK) --group build --output-file locks/build.txt
	$(LOCK) --group node --output-file locks/node.txt
	$(LOCK) pyproject.toml --all-extras --group build --constraint locks/server.txt --output-file locks/dev.txt
	$(LOCK) interop/fuzz/requirements.in --output-file locks/fuzz.txt
	$(LOCK) clients/python/pyproject.toml --all-extras --group clients/python/pyproject.toml:build --group clients/python/pyproject.toml:dev --output-file locks/python-client.txt

$(VENV)/bin/uv:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install uv

wheel: $(STAMP)          ## build the package with the locked tools
	rm -f dist/coinglass_graphql-*.whl
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

sbom: $(STAMP)           ## the software bill of materials of what the image installs, as CycloneDX JSON
	$(BIN)/cyclonedx-py requirements locks/server.txt --pyproject pyproject.toml --output-reproducible --of JSON --output-file sbom.json

replay: $(STAMP)         ## run the lines of the Dockerfile in a fresh Debian, and query the result (needs root and mmdebstrap; MAY_SKIP=1)
	$(BIN)/python -m tools.replay_dockerfile || [ "$(MAY_SKIP)$$?" = 175 ]

lowest: $(STAMP)         ## install the lowest versions that pyproject.toml allows, query the result and run some tests
	@.ci/lowest

interop: interop-tools   ## other people's clients, code generators and a fuzzer against the server (needs Node): ONLY="clients fuzz"
	$(BIN)/python -m interop $(ONLY)

interop-tools: $(STAMP) interop/http/node_modules/.installed clients/typescript/node_modules/.installed interop/clients/node_modules/.installed .venv-fuzz/.installed

.venv-fuzz/.installed: locks/fuzz.txt
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	touch $@

schema: $(STAMP)         ## rewrite the committed SDL and the table of endpoints
	$(BIN)/coinglass-graphql schema > schema/schema.graphql
	$(BIN)/coinglass-graphql endpoints > docs/endpoints.md

bench: $(STAMP)          ## against plain Strawberry and the floor: QUICK=1, ONLY="cold herd", WRITE=1 for bench/RESULTS.md
	$(BIN)/python -m bench $(if $(QUICK),--quick) $(if $(WRITE),--write) $(ONLY)

bench-live: $(STAMP) bench/live/yoga/node_modules/.installed   ## subscriptions of many clients, beside GraphQL Yoga (needs Node): QUICK=1, ONLY="few slow", WRITE=1 for bench/live/RESULTS.md
	$(BIN)/python -m bench.live $(if $(QUICK),--quick) $(if $(WRITE),--write) $(ONLY)

scaling: $(STAMP)        ## 1 to 100 replicas, simulated with measured costs: ONLY="by-plan limits", COSTS=1 for the costs, WRITE=1 for docs/scaling.md
	$(BIN)/python -m bench.scaling $(if $(COSTS),--costs) $(if $(WRITE),--write) $(ONLY)

chaos: $(STAMP)          ## the real server with a failing CoinGlass, or replicas with a failing store: QUICK=1, ONLY="hang replicas", STORE=redis, WRITE=1 for chaos/RESULTS.md
	$(BIN)/python -m chaos $(if $(QUICK),--quick) $(if $(STORE),--store $(STORE)) $(if $(WRITE),--write) $(ONLY)

abuse: $(STAMP)          ## requests that are meant to hurt, and a normal client beside them: QUICK=1, ONLY="WebSocket head"
	$(BIN)/python -m abuse $(if $(QUICK),--quick) $(ONLY)

next:                    ## the suite with the newest versions of everything, those above the bounds included; blocks nothing
	@.ci/next

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) explorer/dist explorer/node_modules .venv-next .venv-fuzz .venv-python-client .mypy_cache .pytest_cache .ruff_cache .hypothesis
