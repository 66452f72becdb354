# `make run` builds and trains the first example; `make test` builds and passes the whole suite.
# Both install what is missing first. Needs: Swift 6.3 or later, and Debian's packages below.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

# A header each package brings, and the package's name in Debian.
HEADERS := /usr/include/readline/readline.h:libreadline-dev /usr/include/zlib.h:zlib1g-dev

PROGRAM := .build/release/ntmscript
# The size of `make run`: that of the paper, which `examples/copy.ntm` has by itself; it takes less
# than a minute on two cores. `.ci/run` makes it smaller.
RUN_FLAGS ?=

PEERS := .build/bench-venv
# For example `--jobs 1`.
RESULTS_FLAGS ?=

# For example `--quick`, `--case NAME`, `--json FILE`, `--write`.
BENCH_FLAGS ?=

.PHONY: help deps build run test bench results format lint strict clean

help: ## list what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

deps: ## install the Debian packages that are missing
	@missing=""; \
	for pair in $(HEADERS); do [[ -e "$${pair%%:*}" ]] || missing+=" $${pair##*:}"; done; \
	if [[ -n "$$missing" ]]; then \
	  if ! command -v apt-get >/dev/null; then \
	    echo "ntmscript needs these libraries (Debian's names):$$missing"; \
	    echo "there is no apt-get here: install them with your system's package manager, then run make again"; \
	    exit 1; \
	  fi; \
	  sudo=""; [[ $$(id -u) -eq 0 ]] || sudo="sudo"; \
	  echo "installing$$missing"; \
	  $$sudo apt-get update -q; \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q$$missing; \
	fi; \
	command -v swift >/dev/null || { echo "ntmscript needs Swift 6.3 or later: https://swift.org/install"; exit 1; }

build: deps ## build the release program: .build/release/ntmscript
	swift build -c release --static-swift-stdlib --product ntmscript

run: build ## train examples/copy.ntm on the copy task
	$(PROGRAM) run examples/copy.ntm $(RUN_FLAGS)

test: deps ## build and pass the whole suite
	swift build --build-tests
	swift test --skip-build

bench: build $(PEERS)/ready ## compare with JAX and PyTorch on this machine (BENCH_FLAGS=--quick: minutes)
	$(PEERS)/bin/python Benchmarks/peers/agree.py $(PROGRAM)
	$(PEERS)/bin/python Benchmarks/bench.py $(BENCH_FLAGS)

# Where it is stopped, the next one goes on: what ended is kept in examples/results.jsonl.
results: build ## run what examples/results.list says, hours of it, and write examples/RESULTS.md
	$(PROGRAM) compare --list examples/results.list --results examples/results.jsonl \
	  --table examples/RESULTS.md $(RESULTS_FLAGS)

# PyTorch's own index has wheels without CUDA; where it is out of reach any index will do.
$(PEERS)/ready: Benchmarks/peers/requirements.txt
	python3 -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --retries 1 \
	  --extra-index-url https://download.pytorch.org/whl/cpu -r $<
	touch $@

strict: deps ## build with undeclared imports and warnings as errors
	swift build --explicit-target-dependency-import-check error

format: ## bring the Swift sources into the house style
	swift format --in-place --recursive Sources Tests Package.swift

lint: ## report what is not in the house style
	swift format lint --strict --recursive Sources Tests Package.swift

clean: ## remove what was built
	rm -rf .build
