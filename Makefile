# Vatra Outreach. `make help` lists what can be asked for.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PY := .venv/bin/python
# The lock files alone decide what is installed: each pin with its hash, nothing resolved anew.
# http-ece comes as source only; what builds it is pinned as well.
INSTALL := .venv/bin/uv pip install --quiet --require-hashes --no-deps --build-constraints deploy/locks/build.txt
export PYTHONPATH := $(CURDIR)/site:$(CURDIR)
# What is compiled once is saved (`make clean` removes it): without, each of the many processes of a run compiles it anew.
export PYTHONDONTWRITEBYTECODE :=
ROOMS := site/access site/approvals site/audit site/config site/sanitizer site/vault case_forms content notifications outreach_pages
# Of the tests, what others stand on: the tests themselves say less by their types than by what they assert.
TOOLS := $(filter-out %/test_mutation.py,$(wildcard tests/*.py tests/world/*.py tests/rings/*.py tests/mutation/*.py tests/bench/*.py tests/machines/*.py))
PYTEST := $(PY) -m pytest -p no:cacheprovider
# What every ring of tests needs.
TESTED := packages test-packages .venv/test.stamp .venv/audit.stamp node_modules/.stamp
# Node comes with the development packages (requirements-dev.txt); what checks the scripts stands in package.json.
NODE := .venv/bin/node
BIOME := $(NODE) node_modules/@biomejs/biome/bin/biome
TSC := $(NODE) node_modules/typescript/bin/tsc

.PHONY: help static-packages run dev shell test test-changed test-all test-turn turns record mutation test-on test-fast lint bare-debian systemd upgrade-fixture bench bench-scale bench-million bench-machines drill lock release fresh clean format messages pictures packages test-packages

help: ## List what can be asked for
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: packages .venv/run.stamp static-packages ## Set everything up, seed demo data, run all parts; Ctrl-C stops (PORT=8000 DATA_DIR=var)
	@VATRA_STOP_WITH_PARENT=1 exec $(PY) -m config.supervisor

test: $(TESTED) ## That the whole works: lint, cheap tests, a journey for each role, the road on real parts
	$(PY) -m config.catalogs
	$(PY) -m tests.run $(LEGS)

test-changed: $(TESTED) ## What costs more and is touched by the change since SINCE (else since what landed last)
	$(PY) -m config.catalogs
	$(PY) -m tests.run --ring changed $(if $(SECONDS),--seconds $(SECONDS)) $(LEGS)

test-all: $(TESTED) ## Everything, in legs of at most 40 minutes; LEGS="dear" runs one (`make turns` lists them)
	$(PY) -m config.catalogs
	$(PY) -m tests.run --ring all $(LEGS)

test-turn: $(TESTED) ## The leg of test-all whose turn it is
	$(PY) -m config.catalogs
	$(PY) -m tests.run --ring turn $(if $(SECONDS),--seconds $(SECONDS))

turns: .venv/test.stamp ## List each leg of test-all with when it had its turn in CI (NEXT=1: this change takes the next)
	$(PY) -m tests.rings.turns $(if $(NEXT),--next)

record: $(TESTED) ## Record anew what tests cost and which files they use (LEGS="units browser": which; an hour for all)
	$(PY) -m config.catalogs
	$(PY) -m tests.rings.record $(LEGS)

mutation: $(TESTED) ## Make 60 small mistakes where lives hang on it, and say which no test notices (half an hour at most)
	$(PY) -m config.catalogs
	$(PY) -m tests.mutation

test-fast: .venv/test.stamp node_modules/.stamp ## Style, and the tests nearest to what changed, in under 90 s
	$(PY) -m config.catalogs
	$(PY) -m tests.fast

dev: packages .venv/run.stamp static-packages ## Like `make run`, with DEBUG, and the web server starts again when code changes
	@DEBUG=1 PUBLIC_CACHE_SECONDS=0 PROCFILE=Procfile.dev VATRA_STOP_WITH_PARENT=1 exec $(PY) -m config.supervisor

static-packages: .venv/run.stamp ## Take out of npm's packages what pages are served; without npm nothing, and they do without
	@bash deploy/static_packages.sh

shell: .venv/run.stamp ## Python with the models of the data in DATA_DIR (var)
	@exec $(PY) manage.py shell

lint: packages test-packages .venv/test.stamp .venv/audit.stamp node_modules/.stamp ## Format, style, types, floors, scripts, migrations, templates, translations
	.venv/bin/ruff format --check --quiet .
	.venv/bin/ruff check --quiet .
	.venv/bin/mypy $(ROOMS) $(TOOLS)
	.venv/bin/lint-imports --no-logo
	DJANGO_SETTINGS_MODULE=config.settings.test $(PY) manage.py makemigrations --check --dry-run
	$(PY) -m config.migration_check
	.venv/bin/djhtml --check templates
	$(BIOME) ci --colors=off --error-on-warnings
	$(TSC) --project tsconfig.json
	$(TSC) --project tsconfig.worker.json
	$(NODE) --test "tests/js/*.test.mjs"
	$(PY) -m config.catalogs --check
	$(PY) deploy/audit_packages.py

format: .venv/test.stamp node_modules/.stamp ## Put code, scripts and templates into shape
	.venv/bin/ruff check --fix --quiet . || true
	.venv/bin/ruff format --quiet .
	.venv/bin/djhtml templates || true
	$(BIOME) check --write || true

test-on: test-packages .venv/test.stamp ## Run the units as if it were another moment in Albania (DAY="2027-01-01 00:20")
	@bash deploy/packages.sh days
	$(PY) -m tests.on_a_day "$(DAY)"

bench: packages test-packages .venv/test.stamp .venv/bench.stamp ## Measure what the issues set as goals, each beside something known
	$(PY) -m tests.bench

bench-scale: packages test-packages .venv/test.stamp ## Measure what grows with cases, notices and the record, on both databases
	$(PY) -m tests.bench scale

bench-million: packages test-packages .venv/test.stamp ## Measure the staff's pages among a million cases on both databases (half an hour)
	BENCH_SIZES=10000,100000,1000000 $(PY) -m tests.bench many_cases

bench-machines: packages test-packages .venv/test.stamp ## As root: measure two and four machines beside one, one that dies, a network that is cut (half an hour)
	$(PY) -m tests.machines

drill: .venv/run.stamp ## Send a marked, synthetic case through the running service (REGION=vlore)
	$(PY) manage.py drill --region $${REGION:-vlore}

messages: .venv/run.stamp ## Collect texts for translation into locale/
	DJANGO_SETTINGS_MODULE=config.settings.test $(PY) manage.py makemessages -l sq -l en --no-location --no-wrap --ignore=.venv --ignore=node_modules --ignore=var --ignore=tests

pictures: test-packages .venv/test.stamp ## Make the pictures in docs/img from the demo (Chromium)
	TEST_DATABASE=file $(PYTEST) -q -m pictures tests/browser/test_docs_pictures.py

lock: .venv/test.stamp ## Compile each .in file into pins with hashes, and package.json into package-lock.json
	for name in deploy/locks/uv deploy/locks/build requirements requirements-dev requirements-bench deploy/locks/audit; do .venv/bin/uv pip compile --quiet \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" $$name.in -o $$name.txt; done
	.venv/bin/npm install --package-lock-only --loglevel=error
	$(NODE) deploy/locks/without_addresses.mjs package-lock.json

bare-debian: test-packages .venv/test.stamp ## As root: install in a bare Debian in a folder, upgrade, destroy, restore (DATABASE=sqlite, FIRST=HEAD)
	$(PY) -m tests.install.bare_debian $${DATABASE:-sqlite} --first $${FIRST:-HEAD}

systemd: test-packages .venv/test.stamp ## As root: boot a bare Debian in a folder, install there, kill, fill up, upgrade, reboot (DATABASE=sqlite, DEBIAN_SUITE=bookworm)
	$(PY) -m tests.install.real_systemd $${DATABASE:-sqlite}

upgrade-fixture: test-packages .venv/test.stamp ## Store data of a landed commit, from which the tests upgrade (COMMIT=HEAD, both databases; minutes)
	$(PY) -m tests.upgrade.make $${COMMIT:-HEAD}

release: .venv/test.stamp ## Name what is merged a release (VERSION=1.2.0): changelog, version, tag; pushes nothing
	@$(PY) deploy/release.py "$(VERSION)"

fresh: test-packages ## Build both environments in an empty folder with nothing cached, and compare them with the lock files
	@bash deploy/fresh.sh

clean: ## Remove what was built here (keeps var/, where the data is)
	rm -rf .venv .static node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov \
	  .test-templates .test-output
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
	find locale locale_cms -name '*.mo' -delete

# What the system must have. Installed through apt as root; otherwise the exact line is printed.
packages:
	@bash deploy/packages.sh run

test-packages:
	@bash deploy/packages.sh test

.venv/uv.stamp: deploy/locks/uv.txt
	@bash deploy/venv.sh
	@touch $@

.venv/run.stamp: requirements.txt deploy/locks/build.txt .venv/uv.stamp
	@echo "Installing what requirements.txt pins ..."
	@$(INSTALL) --python $(PY) -r requirements.txt
	@touch $@

.venv/test.stamp: requirements-dev.txt .venv/run.stamp
	@echo "Installing what requirements-dev.txt pins ..."
	@$(INSTALL) --python $(PY) -r requirements-dev.txt
	@touch $@

# Beside the environment, not in it: what the bench measures the outbox beside is no part of the service.
.venv/bench.stamp: requirements-bench.txt .venv/test.stamp
	@echo "Installing what requirements-bench.txt pins ..."
	@$(INSTALL) --python $(PY) --target .venv/bench -r requirements-bench.txt
	@touch $@

# npm holds each package to the hash in the lock file and runs none of their scripts (.npmrc).
node_modules/.stamp: package.json package-lock.json .npmrc .venv/test.stamp
	@echo "Installing what package-lock.json pins ..."
	@.venv/bin/npm ci --loglevel=error
	@touch $@

# Apart from the rest: what it brings along would change how libraries of the service behave (openpyxl reads with
# defusedxml where that is there).
.venv/audit.stamp: deploy/locks/audit.txt .venv/uv.stamp
	@.venv/bin/uv venv --quiet --clear --python $(PY) .venv/audit
	@$(INSTALL) --python .venv/audit/bin/python -r deploy/locks/audit.txt
	@touch $@
