# Every task of users, operators and authors is a target; `make` alone prints the list.

# The first interpreter that is new enough. An existing virtual environment keeps its own.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
RUN := $(VENV)/bin/python
export PYTHONPATH := $(CURDIR):$(CURDIR)/catalog-service:$(CURDIR)/media-service:$(CURDIR)/user-service:$(CURDIR)/file-service

.DEFAULT_GOAL := help
.PHONY: help setup tools up demo screenshot dashboard restart start migrate rotate-keys routes docs lint types test test-unit test-deploy bench \
	fuzz fuzz-images soak soak-outage soak-overload soak-sessions soak-sweeping soak-crashes soak-uploads soak-restarts soak-orders soak-readers secrets \
	storage-copy files-audit verify-catalogue audit licences lock

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/requirements.txt ## Make .venv from the hash-locked requirements

tools: setup $(VENV)/tools.txt ## Add what lint, types, tests and benches need to .venv

# Each stamp is a copy of a lock: after a checkout that only changed the lock's time, comparing both saves an installation.
INSTALL = $(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && cp $< $@

$(VENV)/requirements.txt: deploy/requirements.txt
	@[ -n "$(PYTHON)" ] || { echo "Bunko needs Python 3.11 or newer: install it, or name it as in make PYTHON=/path/to/python3.11." >&2; exit 1; }
	@if cmp -s $< $@ && $(RUN) -c ''; then touch $@; else \
		echo "Setting up $(VENV) ..." >&2; \
		$(RUN) -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV) || \
			{ echo "Python cannot make virtual environments: install its venv module (python3-venv on Debian)." >&2; exit 1; }; \
		$(INSTALL); fi

$(VENV)/tools.txt: tests/requirements.txt
	@if cmp -s $< $@; then touch $@; else echo "Adding tools to $(VENV) ..." >&2; $(INSTALL); fi

up: setup ## Run everything in the foreground until Ctrl-C
	@exec $(RUN) -m deploy up

demo: setup ## Fill the running system with an invented catalogue
	@exec $(RUN) -m deploy.demo

screenshot: setup ## Take the pictures of the demo and of /status, with chromium
	@exec $(RUN) -m deploy.maintenance.screenshots

dashboard: setup ## Draw the panels of the dashboard from a running Prometheus, as in make dashboard PROMETHEUS=http://127.0.0.1:9090
	@exec $(RUN) -m deploy.maintenance.panels $(PROMETHEUS)

restart: setup ## Restart the programs of a running system without losing a request
	@exec $(RUN) -m deploy restart

start: setup ## Run one program alone, as in make start PROGRAM=catalog
	@exec $(RUN) -m deploy start $(PROGRAM)

migrate: setup ## Migrate the database to the newest schema
	@exec $(RUN) -m deploy migrate

rotate-keys: setup ## Replace the signing keys, with Bunko running or not; sessions stay valid
	@exec $(RUN) -m deploy rotate-keys

secrets: setup ## Write deploy/secrets for the containers of deploy/manifests/compose.yaml
	@exec $(RUN) -m deploy secrets

routes: setup ## Print every route with its permission and its function
	@exec $(RUN) -m deploy routes

docs: setup ## Write docs/configuration.md and deploy/.env.example from the declared settings
	@exec $(RUN) -m deploy.maintenance.settings_docs

lint: tools ## Check style
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

types: tools ## Check types, strictly
	@$(RUN) -m mypy

test: tools ## Run every test, two files at a time; one file, folder or test as in make test ONLY=tests/api/test_volumes.py
	@$(RUN) -m pytest $(or $(ONLY),--numprocesses 2 --dist loadfile)

test-unit: tools ## Run the tests in tests/unit, which need no database, in under a minute
	@$(RUN) -m pytest tests/unit

test-deploy: tools ## Test deploy/manifests/compose.yaml on a real Docker engine; DOCKER_HOST may name one
	@$(RUN) -m pytest -s tests/containers

bench: tools ## Compare with other systems, as in make bench ONLY=list (docs/benchmarks.md)
	@exec $(RUN) -m tests.load.bench $(ONLY) $(if $(SMALL),--small) $(if $(PREPARE),--prepare)

fuzz: tools ## Send requests generated from the OpenAPI document, as in make fuzz COUNT=100000 FIRST=0 SEED=0; SLOW=1 MINUTES=60 searches for costly ones
	@exec $(RUN) -m $(if $(SLOW),tests.load.fuzzing.slow $(if $(MINUTES),--minutes $(MINUTES)) $(if $(AGAIN),--again "$(AGAIN)"),tests.load.fuzzing.api \
		$(if $(COUNT),--count $(COUNT)) $(if $(FIRST),--first $(FIRST))) $(if $(SEED),--seed $(SEED))

fuzz-images: tools ## Send mutated pictures, as in make fuzz-images COUNT=1000 FIRST=0
	@exec $(RUN) -m tests.load.fuzzing $(if $(COUNT),--count $(COUNT)) $(if $(FIRST),--first $(FIRST))

soak: tools ## Write and read for half an hour while processes, connections, clocks, database and disk fail, as in make soak MINUTES=30
	@exec $(RUN) -m tests.load.faults.soak $(if $(MINUTES),--minutes $(MINUTES))

soak-outage: tools ## Take the database away for a minute, in three ways, as in make soak-outage SECONDS=60
	@exec $(RUN) -m tests.load.faults.outage $(if $(SECONDS),--seconds $(SECONDS))

soak-overload: tools ## Send three times the requests that Bunko can answer, and keep 900 slow connections open
	@exec $(RUN) -m tests.load.faults.overload

soak-sessions: tools ## Race logins, logouts, refreshes and new passwords over two gateways, as in make soak-sessions COUNT=10000 ROUNDS=1000 CHANGES=10000
	@exec $(RUN) -m tests.load.soak $(if $(COUNT),--count $(COUNT)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(CHANGES),--changes $(CHANGES))

soak-sweeping: tools ## Race sweepers against pictures that are being attached, as in make soak-sweeping COUNT=10000
	@exec $(RUN) -m tests.load.soak.sweeping $(if $(COUNT),--count $(COUNT))

soak-crashes: tools ## Kill a file node, or fail a call, at each system call of every change of pictures, as in make soak-crashes COUNT=100 SEED=0
	@exec $(RUN) -m tests.load.faults.crashes $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

soak-uploads: tools ## Upload 64 of the largest pictures at once, and read pages meanwhile
	@exec $(RUN) -m tests.load.faults.uploads

soak-restarts: tools ## Restart every program under traffic, as in make soak-restarts COUNT=50
	@exec $(RUN) -m tests.load.faults.restarts $(if $(COUNT),--count $(COUNT))

soak-orders: tools ## Reorder one catalogue from sixteen writers at once, as in make soak-orders COUNT=1000
	@exec $(RUN) -m tests.load.faults.orders $(if $(COUNT),--count $(COUNT))

soak-readers: tools ## Stop 2 and 200 readers in the middle of responses of 20 MB while others send requests, as in make soak-readers SECONDS=10
	@exec $(RUN) -m tests.load.faults.readers $(if $(SECONDS),--seconds $(SECONDS))

storage-copy: setup ## Move the pictures of a running system, as in make storage-copy FROM=file:///srv/old TO=s3://bucket/new
	@exec $(RUN) -m deploy files copy

files-audit: setup ## Report stored objects without a row and rows without an object
	@exec $(RUN) -m deploy files audit

verify-catalogue: setup ## Compare the denormalised lists of the catalogue with a recomputation
	@exec $(RUN) -m deploy verify catalogue

audit: tools ## Check all locked packages for known vulnerabilities
	@exec $(RUN) -m deploy.maintenance.dependencies.audit

licences: setup ## Write docs/licences.md, the packages Bunko depends on and their licences
	@exec $(RUN) -m deploy.maintenance.licences

lock: tools ## Resolve every requirements.in again, keeping the versions of the old locks where they fit
	@$(RUN) -m deploy.maintenance.dependencies.lock
