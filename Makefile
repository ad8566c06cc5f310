# Everything a person types. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= logical

# Many a container says that Python shall not keep what it has compiled. Here each of the thousands of
# processes that tests start would compile it again.
export PYTHONDONTWRITEBYTECODE =

# What runs side by side says what it has to say when it is done, where make can do that.
IN_TURN := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.DEFAULT_GOAL := help
.PHONY: help setup develop demo serve doctor shapes format check clients systems test test-fast bench lock docs clean

# Debian's packages of what the tests build, check and adapt guests with.
SYSTEMS := e2fsprogs xfsprogs btrfs-progs ntfs-3g dosfstools mtools fdisk grub-common grub-pc-bin grub-efi-amd64-bin \
	qemu-system-x86 seabios ovmf linux-image-cloud-amd64 busybox-static bubblewrap mmdebstrap libhivex-bin libwin-hivex-perl \
	cpio kmod initramfs-tools-core dracut-core zstd systemd lvm2 7zip openssh-client

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: .venv/runtime qemu-img ## .venv with .venv/bin/vmie, and qemu-img where it may install it

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "vmie needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv .venv 2>/dev/null || { rm -rf .venv; docker/apt-install python3-venv && $(PYTHON) -m venv .venv; }

.venv/runtime: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q emulator state converters  # half a second at every start
	@touch $@

develop: .venv/develop qemu-img ## the same with everything the checks and tests need

.venv/develop: .venv/runtime requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: qemu-img
qemu-img:
	@command -v qemu-img >/dev/null || docker/apt-install qemu-utils

demo: setup ## start the emulator and import a real disk image
	$(BIN)/vmie demo

serve: setup ## start the emulator on http://127.0.0.1:4577
	$(BIN)/vmie serve

doctor: setup ## what is missing on this machine, and the command that installs it
	$(BIN)/vmie doctor

shapes: develop ## write the TypedDicts of the actions in emulator/shapes/actions.toml
	$(BIN)/python -m emulator.shapes

docs: develop ## write the generated tables of the README
	$(BIN)/python -m tests.readme

format: develop ## put the code into shape
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

check: develop ## format, lint, types, import contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

clients: .venv/runtime ## the real clients that tests drive: Packer, Ansible, awspub, the SDK for JavaScript, the Common OVF Tool
	$(BIN)/python -m tests.clients.install
	@command -v packer >/dev/null || docker/apt-install packer || echo "without Packer its tests are skipped"

systems: ## the tools that tests build, check and adapt guests with
	@missing=$$(for name in $(SYSTEMS); do dpkg-query -W -f '$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || echo $$name; done); \
	[ -z "$$missing" ] || docker/apt-install $$missing

test: ## check, then all tests
	@$(MAKE) --no-print-directory -j 3 $(IN_TURN) check clients systems
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not slow"
	$(BIN)/pytest -n 2 --dist worksteal -m slow

test-fast: develop systems ## the tests without the long ones, under two minutes
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not slow"

bench: develop ## a table of figures, each beside a reference measured in the same run
	$(BIN)/python -m tests.bench

lock: ## pin the newest versions that fit pyproject.toml
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile -q --upgrade --universal --no-header --python-version 3.11 --generate-hashes pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --upgrade --universal --no-header --python-version 3.11 --generate-hashes --extra dev pyproject.toml -o requirements-dev.lock
	$(BIN)/python -m tests.clients.install lock

clean: ## remove what the targets above made
	rm -rf .venv .clients build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache bench.json
