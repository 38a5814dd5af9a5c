# Two commands do everything on a fresh machine: `make demo` and `make test`.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak format pins docs clean

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

help: ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: ## a team of five on a sample project, no key, no network; the board in a terminal, headless elsewhere
	@.ci/bootstrap run
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/agentboard demo; else $(BIN)/agentboard demo --headless; fi

test: ## all tests but the long ones
	@.ci/bootstrap test
	@$(PYTEST) -q -n 2 --dist loadfile --max-worker-restart=0 -m "not soak" < /dev/null

soak: ## the long tests, with full counts
	@.ci/bootstrap test
	@$(PYTEST) -q -m soak < /dev/null

check: ## style, types, floors, pins, generated pages
	@.ci/bootstrap test
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/mypy tests bench
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/python -m agentboard_tui.keys --check docs/keys.md
	@$(BIN)/python .ci/pins.py

bench: ## ratios against references in the same run; never fails for being slow
	@.ci/bootstrap test
	@$(BIN)/python -m bench

format: ## put the code in the house style
	@.ci/bootstrap test
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

docs: ## generated pages
	@.ci/bootstrap test
	@$(BIN)/python -m agentboard_tui.keys --write docs/keys.md

pins: ## choose versions anew, with hashes, naming no index
	@.ci/bootstrap test
	@$(BIN)/pip-compile -q --upgrade --generate-hashes --extra dev --strip-extras --allow-unsafe --no-header \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.txt pyproject.toml

clean: ## what was built here
	@rm -rf .venv dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
