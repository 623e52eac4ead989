# SPDX-License-Identifier: EUPL-1.2
# Everything starts here: `make serve` and `make test` need Python 3.11 or newer and make, no more.
# A stamp in .venv remembers what was installed; it is stale when a file that decides about it changes.

.DEFAULT_GOAL := help
.PHONY: help serve test encoders lint format wheel lock catalogue third-party docs clean
.DELETE_ON_ERROR:

BIN := .venv/bin
CATALOGUES := $(wildcard src/hausgeist/locale/*/LC_MESSAGES/*.po)
CHECKS := "ruff check" "ruff format --check" mypy "lint-imports --no-cache" codespell \
	"python scripts/check_house.py" "python scripts/check_catalogue.py" \
	"python scripts/third_party.py --check"
UV := uv==0.13.9
# the first Python that is new enough; `make PYTHON=/opt/python3.12/bin/python3 serve` names another
PYTHON = $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

serve: .venv/serve.stamp ## install and start Hausgeist
	@exec $(BIN)/hausgeist serve $(ARGS)

test: .venv/dev.stamp .venv-clients/clients.stamp ## set up what the tests need, and run them (ARGS="tests/core -k …")
	@$(BIN)/python scripts/environment.py browser
	@$(BIN)/python scripts/environment.py logins
	@$(BIN)/python -m pytest $(if $(ARGS),,-n 2 --dist loadfile) $(ARGS)

# In no lock: the package index has PyTorch for Linux with three gigabytes of CUDA. TORCH may name an index of
# builds for processors: make encoders TORCH="--index-url https://download.pytorch.org/whl/cpu"
encoders: .venv/dev.stamp ## PyTorch, for the tests of students that are made of bases
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "torch==2.13.0" $(TORCH)

lint: .venv/dev.stamp ## style, types, import contracts, house rules, spelling, catalogue
	@failed=; for check in $(CHECKS); do \
		echo "· $$check"; $(BIN)/$$check || failed="$$failed [$$check]"; \
	done; test -z "$$failed" || { echo "failed:$$failed"; exit 1; }

format: .venv/dev.stamp ## bring the code into shape
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

wheel: .venv/dev.stamp ## build sdist and wheel into dist/
	@$(BIN)/python -m build --outdir dist

lock: .venv/dev.stamp ## renew the lock files (UPGRADE=1: to the newest versions allowed)
	@$(BIN)/python scripts/lock.py $(UV) $(if $(UPGRADE),--upgrade)

catalogue: .venv/dev.stamp ## take new texts into the German catalogue
	@$(BIN)/python scripts/check_catalogue.py --update

docs: .venv/dev.stamp ## renew the table of settings in the operator's pages
	@$(BIN)/python scripts/settings_page.py

third-party: .venv/dev.stamp ## renew THIRD_PARTY.md
	@$(BIN)/python scripts/third_party.py

clean: ## remove environments and whatever was built
	rm -rf .venv .venv-clients dist build LICENSES tests/vendor tests/sso/node_modules src/hausgeist/web/static/vendor
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests scripts bench -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '*.mo' -delete

.venv/serve.stamp: pyproject.toml requirements-students.lock package-lock.json vendor.toml hatch_build.py \
		scripts/environment.py $(CATALOGUES)
	@test -n "$(PYTHON)" || { \
		echo "Hausgeist needs Python 3.11 or newer, and none was found. Install it, for example with"; \
		echo "  apt-get install python3 python3-venv   or   dnf install python3.12"; \
		echo "or name one: make PYTHON=/path/to/python3 serve"; exit 1; }
	@$(PYTHON) scripts/environment.py serve
	@touch $@

.venv/dev.stamp: .venv/serve.stamp requirements-dev.lock
	@$(BIN)/python scripts/environment.py dev
	@touch $@

.venv-clients/clients.stamp: tests/clients/requirements.txt scripts/environment.py
	@$(PYTHON) scripts/environment.py clients
	@touch $@
