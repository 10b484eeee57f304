# What each target does: make help

SHELL := /bin/bash
.DEFAULT_GOAL := help
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c

# Every module of the work space, the root first.
MODULES := $(shell sed -n 's/^[[:space:]]*\(\.[^ ]*\)$$/\1/p' go.work)
GOLANGCI := 2.15.0
BIN := $(CURDIR)/bin
LOGS := $(CURDIR)/bin/logs
FUZZTIME ?= 20s
# Without it, the SQLite that bench/calls measures has no full text search.
TAGS := sqlite_fts5

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: ## serve the demo on http://127.0.0.1:4000
	go run ./examples/selfhosted serve --demo

build: ## build the single binary into bin/voki
	go build -o $(BIN)/voki ./examples/selfhosted

test: tools lint check-generated race ## the whole check: what CI runs

race: ## all tests of all modules under the race detector; a skipped test is a failure
	@mkdir -p $(LOGS)
	failed=0
	for m in $(MODULES); do
	  log=$(LOGS)/$$(echo $$m | tr -c 'a-z\n' '_').log
	  echo "== $$m"
	  (cd $$m && VOKI_TEST_ALL=1 go test -tags $(TAGS) -race -count=1 -timeout 20m -v ./... > $$log 2>&1) || failed=1
	  grep -E '^(ok|FAIL|panic:|\?)|^[[:space:]]*--- (FAIL|SKIP)|WARNING: DATA RACE' $$log | grep -v 'no test files' || true
	  if grep -qE '^[[:space:]]*--- SKIP' $$log; then echo "skipped tests in $$m (see $$log)"; failed=1; fi
	  if grep -qE '^[[:space:]]*--- FAIL|^panic:|DATA RACE|^FAIL' $$log; then grep -vE '^(=== |[[:space:]]*--- PASS|[[:space:]]*$$)' $$log | head -200; failed=1; fi
	done
	passed=$$(cat $(LOGS)/*.log | grep -cE '^[[:space:]]*--- PASS' || true)
	broken=$$(cat $(LOGS)/*.log | grep -cE '^[[:space:]]*--- FAIL' || true)
	rm -f $(LOGS)/*.log.done
	echo "$$passed passed, $$broken failed"
	exit $$failed

quick: ## the tests of the root module alone, without the race detector: any Go machine
	go test ./...

lint: $(BIN)/golangci-lint ## gofmt, vet and golangci-lint over all modules
	@test -z "$$(gofmt -l $$(git ls-files '*.go') | tee /dev/stderr)" || { echo 'run gofmt -w on these'; exit 1; }
	for m in $(MODULES); do
	  echo "lint $$m"
	  (cd $$m && go vet ./... && $(BIN)/golangci-lint run --config $(CURDIR)/.golangci.yml ./...)
	done

$(BIN)/golangci-lint:
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI)

check-generated: ## generated files are what their generators write
	@go generate ./...
	git diff --exit-code -- docs/state-machine.md

tidy: ## go mod tidy in every module
	@for m in $(MODULES); do (cd $$m && go mod tidy); done

fuzz: ## every fuzz target for FUZZTIME (20s)
	@for pkg in $$(go list ./...); do
	  for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do
	    echo "$$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg
	  done
	done

bench: ## the benchmarks beside the code
	go test -run '^$$' -bench . -benchmem ./...

bench-sockets: ## sockets beside plain hubs on gorilla, melody and gws: memory, signals, everybody back at once
	go run ./bench/sockets

bench-calls: ## the list and durable transitions beside SQLite, PostgreSQL and PocketBase, with a million calls (-h: more)
	go run -tags $(TAGS) ./bench/calls

crash: ## 1000 rounds of kill -9 and 200 power cuts (root), instead of the few of the normal tests
	cd examples/selfhosted && VOKI_TEST_ALL=1 VOKI_CRASH_ROUNDS=1000 VOKI_POWERCUT_ROUNDS=200 go test -count=1 -timeout 240m -run 'Kill|PowerCut' -v .

# What the tests use beside Go: strace makes disks fail, mkfs.ext4 makes one whose power can be cut, turnserver is the
# relay that most use, and ip of iproute2 makes networks whose cables can be cut. flite speaks, ffmpeg makes recordings of
# it, and pocketsphinx writes it down. chromium is the browser that records and crashes. gcc is what the race detector and
# bench/calls need, which measures SQLite and PostgreSQL, too.
tools: ## install the Debian packages that the tests need
	@missing=""
	command -v strace > /dev/null || missing="$$missing strace"
	command -v mkfs.ext4 > /dev/null || missing="$$missing e2fsprogs"
	command -v turnserver > /dev/null || missing="$$missing coturn"
	command -v ip > /dev/null || missing="$$missing iproute2"
	command -v flite > /dev/null || missing="$$missing flite"
	command -v ffmpeg > /dev/null || missing="$$missing ffmpeg"
	command -v pocketsphinx_continuous > /dev/null || missing="$$missing pocketsphinx pocketsphinx-en-us"
	command -v chromium > /dev/null || missing="$$missing chromium"
	command -v gcc > /dev/null || missing="$$missing gcc libc6-dev"
	ls /usr/lib/postgresql/*/bin/postgres > /dev/null 2>&1 || command -v postgres > /dev/null || missing="$$missing postgresql"
	if [ -n "$$missing" ]; then
	  if [ "$$(id -u)" = 0 ]; then apt-get update -q > /dev/null && apt-get install -y -q $$missing > /dev/null
	  else sudo apt-get update -q && sudo apt-get install -y -q $$missing; fi
	fi

.PHONY: help run build test race quick lint check-generated tidy fuzz bench bench-sockets bench-calls crash tools
