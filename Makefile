# make up      everything on http://127.0.0.1:8000 (PORT, HOST), ends with Ctrl-C
# make test    the checks and all tests
# make bench   speed on this machine (ARGS="...")
# make clean   remove the environment and the caches; data stay in .smartqueue

SHELL := /bin/bash
BIN := .venv/bin
# The type checker loads the settings; it never connects.
NOWHERE := DATABASE_URL=postgresql://nobody@/nowhere REDIS_URL=redis://127.0.0.1:1/0 SECRET_KEY=unused

.PHONY: up test check tests bench clean
.DEFAULT_GOAL := up
.NOTPARALLEL:

up:
	@scripts/bootstrap.sh
	@# `exec`: signals for make reach the supervisor; the variable: it ends even when make is killed.
	@exec env SMARTQUEUE_END_WITH_PARENT=$$PPID $(BIN)/smartqueue up

check:
	@scripts/bootstrap.sh dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(NOWHERE) $(BIN)/mypy
	$(BIN)/lint-imports

tests:
	@scripts/bootstrap.sh dev
	@# A browser test may be red for want of a core: it is asked once more, alone.
	@rm -f .pytest_cache/v/cache/lastfailed
	$(BIN)/pytest -n 2 $(ARGS) || $(BIN)/python scripts/second_look.py

test: check tests

bench:
	@scripts/bootstrap.sh
	@exec $(BIN)/smartqueue bench $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .schemathesis dist
	find smartqueue tests -name __pycache__ -type d -prune -exec rm -rf {} +
