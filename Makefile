# Thin: each line calls one thing. What they do is said at the top of each script.
.PHONY: run test check shots storm soak bench install uninstall lock clean help

run: ## prepare what is missing, and open the window   (make run ARGS="--data-dir DIR")
	@scripts/setup run
	@.venv/bin/sora-desktop $(ARGS)

test: ## prepare what is missing, and run every check and test   (make test ARGS="-k queue")
	@scripts/setup test
	@scripts/test $(ARGS)

check: ## the checks that need no run: style, types, the direction of imports
	@scripts/setup test
	@scripts/check

shots: ## a picture of each screen, dark and light, into shots/
	@scripts/setup run
	@QT_QPA_PLATFORM=offscreen .venv/bin/python -m benchmarks.shots shots

storm: ## kills the program two hundred times and holds the books against the disk   (10 minutes and more)
	@scripts/setup test
	@.venv/bin/python -m benchmarks.storm --jobs 100 --kills 200 $(ARGS)

soak: ## a thousand jobs at once for ten minutes of simulated time, on a quiet machine   (5 minutes)
	@scripts/setup test
	@.venv/bin/python -m benchmarks.soak --jobs 1000 --minutes 10 --pace 0.4 $(ARGS)

bench: ## the figures of the README: start, download, waiting, on a quiet machine   (5 minutes)
	@scripts/setup test
	@.venv/bin/python -m benchmarks.startup
	@.venv/bin/python -m benchmarks.download
	@.venv/bin/python -m benchmarks.idle

install: ## a desktop entry and an icon for this user, which start this checkout
	@scripts/setup run
	@.venv/bin/python scripts/desktop_entry.py install

uninstall: ## takes both away again
	@scripts/setup run
	@.venv/bin/python scripts/desktop_entry.py uninstall

lock: ## pins and hashes of every package, from pyproject.toml   (needs uv)
	@scripts/lock

clean: ## takes away what was made here, but not what you made with the program
	@rm -rf .venv shots build dist .ruff_cache .hypothesis .import_linter_cache .coverage htmlcov

help:
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile
