# What a plain machine with Go and make needs to work on muster.

GO ?= go

.PHONY: build run serve demo test test-pg bench lint docs dist

build:
	$(GO) build -o bin/muster ./cmd/muster

# The app on the database of this user; the first run asks three questions.
run: build
	./bin/muster

# The same for a team: make serve ARGS='--listen 0.0.0.0:2222'
serve: build
	./bin/muster serve $(ARGS)

# The app on made-up organizations, to look around in.
demo: build
	./bin/muster demo

test:
	$(GO) test -timeout 20m ./...

# The tests of the store on a PostgreSQL server that is started for them and
# stopped afterwards; what does not pass there yet is in .ci/postgres-pending.
test-pg:
	GO="$(GO)" .ci/postgres

# Every figure of speed and memory with its bound beside it. Takes minutes;
# parts of it: make bench ARGS='-only key', much more: ARGS='-rows 1000000'.
bench:
	$(GO) run ./internal/tools/bench $(ARGS)

# Formatting, vet, staticcheck, a tidy go.mod, what internal/tools/house holds the
# source to (imports, sizes, words, citations), and whether generated files are up
# to date.
lint:
	@unformatted="$$(gofmt -l .)"; test -z "$$unformatted" || { echo "gofmt -w $$unformatted"; exit 1; }
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) test ./internal/tools/house
	$(GO) test -run '^Test(Reference|Pictures|Film|Pages|ExampleFile)$$' ./internal/cli
	$(GO) test -run '^TestDocumentPages$$' ./internal/api
	$(GO) test -run '^TestActions$$' ./store

# Write the generated pages and pictures of docs/ anew.
docs:
	$(GO) test -run '^TestRoomsPage$$' ./internal/tools/house -args -update
	$(GO) test -run '^Test(Reference|Pictures|Film|Pages|ExampleFile)$$' ./internal/cli -args -update
	$(GO) test -run '^TestDocumentPages$$' ./internal/api -args -update
	$(GO) test -run '^TestActions$$' ./store -args -update

# What a release consists of, in dist/: static binaries for Linux and macOS with man
# pages and completions, packages for Debian, checksums.
dist:
	$(GO) run ./internal/tools/dist $(ARGS)
