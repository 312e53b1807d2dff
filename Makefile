# Everything one does with Bunko starts here: `make` alone prints the list.

# The first interpreter that is new enough; a virtual environment made earlier keeps its own.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
RUN := $(VENV)/bin/python
export PYTHONPATH := $(CURDIR):$(CURDIR)/catalog-service:$(CURDIR)/media-service:$(CURDIR)/user-service:$(CURDIR)/file-service

.DEFAULT_GOAL := help
.PHONY: help setup tools up demo screenshot dashboard restart start migrate rotate-keys routes lint types test test-deploy bench \
	fuzz fuzz-images soak soak-outage soak-overload soak-sessions soak-sweeping soak-crashes soak-uploads soak-restarts soak-orders soak-readers secrets \
	storage-copy files-audit verify-catalogue audit licences lock

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/requirements.txt ## Make .venv from the hash-locked requirements

tools: setup $(VENV)/tools.txt ## Add what lint, types, tests and benches need to .venv

# Each stamp is a copy of a lock: a checkout that only touched the file costs a comparison, not an installation.
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

demo: setup ## Fill the running system with a believable catalogue
	@exec $(RUN) -m deploy.demo

screenshot: setup ## Take the README's pictures, with chromium
	@exec $(RUN) -m deploy.maintenance.screenshots

dashboard: setup ## Draw the panels of the dashboard from a running Prometheus, as in make dashboard PROMETHEUS=http://127.0.0.1:9090
	@exec $(RUN) -m deploy.maintenance.panels $(PROMETHEUS)

restart: setup ## Restart the programs of a running system, losing no request
	@exec $(RUN) -m deploy restart

start: setup ## Run one program alone, as in make start PROGRAM=catalog
	@exec $(RUN) -m deploy start $(PROGRAM)

migrate: setup ## Bring the database to the newest schema
	@exec $(RUN) -m deploy migrate

rotate-keys: setup ## Sign with new keys from now on, with Bunko running or not; nobody is logged out
	@exec $(RUN) -m deploy rotate-keys

secrets: setup ## Write deploy/secrets: what the containers of deploy/manifests/compose.yaml may know
	@exec $(RUN) -m deploy secrets

routes: setup ## Print every route with its permission and place
	@exec $(RUN) -m deploy routes

lint: tools ## Check style
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

types: tools ## Check types, strictly
	@$(RUN) -m mypy

test: tools ## Run every test, two files at a time, each half on a PostgreSQL of its own
	@$(RUN) -m pytest --numprocesses 2 --dist loadfile

test-deploy: tools ## Try deploy/manifests/compose.yaml on a real Docker engine, which DOCKER_HOST may name
	@$(RUN) -m pytest -s tests/containers

bench: tools ## Compare with what others would use, as in make bench ONLY=list (docs/benchmarks.md)
	@exec $(RUN) -m tests.load.bench $(ONLY) $(if $(SMALL),--small) $(if $(PREPARE),--prepare)

fuzz: tools ## Send requests made up from the OpenAPI document, as in make fuzz COUNT=100000 FIRST=0 SEED=0; SLOW=1 MINUTES=60 seeks costly ones
	@exec $(RUN) -m $(if $(SLOW),tests.load.fuzzing.slow $(if $(MINUTES),--minutes $(MINUTES)) $(if $(AGAIN),--again "$(AGAIN)"),tests.load.fuzzing.api \
		$(if $(COUNT),--count $(COUNT)) $(if $(FIRST),--first $(FIRST))) $(if $(SEED),--seed $(SEED))

fuzz-images: tools ## Send mutated pictures, as in make fuzz-images COUNT=1000 FIRST=0
	@exec $(RUN) -m tests.load.fuzzing $(if $(COUNT),--count $(COUNT)) $(if $(FIRST),--first $(FIRST))

soak: tools ## Write and read for half an hour while everything goes wrong, as in make soak MINUTES=30
	@exec $(RUN) -m tests.load.faults.soak $(if $(MINUTES),--minutes $(MINUTES))

soak-outage: tools ## Take the database away for a minute, in three ways, as in make soak-outage SECONDS=60
	@exec $(RUN) -m tests.load.faults.outage $(if $(SECONDS),--seconds $(SECONDS))

soak-overload: tools ## Ask for three times what Bunko can do, and keep 900 slow connections open
	@exec $(RUN) -m tests.load.faults.overload

soak-sessions: tools ## Race logins, logouts, refreshes and new passwords over two gateways, as in make soak-sessions COUNT=10000 ROUNDS=1000 CHANGES=10000
	@exec $(RUN) -m tests.load.soak $(if $(COUNT),--count $(COUNT)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(CHANGES),--changes $(CHANGES))

soak-sweeping: tools ## Race sweepers with pictures that are being attached, as in make soak-sweeping COUNT=10000
	@exec $(RUN) -m tests.load.soak.sweeping $(if $(COUNT),--count $(COUNT))

soak-crashes: tools ## Kill a file node, or fail it, at each system call of all that changes pictures, as in make soak-crashes COUNT=100 SEED=0
	@exec $(RUN) -m tests.load.faults.crashes $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

soak-uploads: tools ## Upload 64 of the largest pictures at one moment, and read pages beside them
	@exec $(RUN) -m tests.load.faults.uploads

soak-restarts: tools ## Restart every program under traffic, as in make soak-restarts COUNT=50
	@exec $(RUN) -m tests.load.faults.restarts $(if $(COUNT),--count $(COUNT))

soak-orders: tools ## Let sixteen people rearrange one catalogue at once, as in make soak-orders COUNT=1000
	@exec $(RUN) -m tests.load.faults.orders $(if $(COUNT),--count $(COUNT))

soak-readers: tools ## Stop 2 and 200 readers in the middle of answers of 20 MB while others ask, as in make soak-readers SECONDS=10
	@exec $(RUN) -m tests.load.faults.readers $(if $(SECONDS),--seconds $(SECONDS))

storage-copy: setup ## Move the pictures of a running system, as in make storage-copy FROM=file:///srv/old TO=s3://bucket/new
	@exec $(RUN) -m deploy files copy

files-audit: setup ## Report stored objects without a row and rows without an object
	@exec $(RUN) -m deploy files audit

verify-catalogue: setup ## Prove what the catalogue keeps ready equal to a recomputation
	@exec $(RUN) -m deploy verify catalogue

audit: tools ## Hold all locked packages against the list of known vulnerabilities
	@exec $(RUN) -m deploy.maintenance.dependencies.audit

licences: setup ## Write docs/licences.md: what Bunko runs on, and under which licences
	@exec $(RUN) -m deploy.maintenance.licences

lock: tools ## Resolve every requirements.in anew, within what the old locks allow
	@$(RUN) -m deploy.maintenance.dependencies.lock
