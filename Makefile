.PHONY: check test lint campaign soak fuzz ratios bench browser gallery proof kernel man adapters engines fidelity record silence campaigns beside

# Everything that must hold before a change lands, in minutes.
check: lint test campaign

lint:
	@out=$$(gofmt -l .); test -z "$$out" || { echo "gofmt would change:"; echo "$$out"; exit 1; }
	go vet ./...
	go tool -modfile=.ci/tools.mod staticcheck ./...
	.ci/house

test:
	go test ./...

campaign:
	go run ./cmd/simrun campaign

# Hours rather than minutes: the race detector, the long forms of the tests, the
# digests of other processors (by qemu-user), and a long campaign.
soak:
	POWERCUT_SOAK=1 go test -race -timeout 60m ./...
	cd properties/bench && go vet ./... && go test ./...
	.ci/vet all
	.ci/digests all
	POWERCUT_SOAK=1 .ci/native all
	go run ./cmd/simrun campaign --seeds 20000

# Looks at the pages of simrun explain in a headless Chromium.
browser:
	POWERCUT_ARTIFACTS=$(or $(POWERCUT_ARTIFACTS),$(CURDIR)/artifacts) .ci/browser

# Makes the examples of docs/gallery anew, and the accounts of the original's defects.
gallery:
	go run ./cmd/simrun mutants --only append-without-fsync,create-without-directory-sync --law acknowledged-durable --out docs/gallery
	go run ./cmd/simrun mutants --only snapshot-without-fsync --law tail-forgiven --out docs/gallery
	for c in corpus/original-*.case; do n=$${c#corpus/original-}; go run ./cmd/simrun explain $$c >docs/original/$${n%.case}.txt; test $$? = 1 || exit 1; done

# Measures and writes docs/proof.md and docs/night.md: hours, on two cores.
proof:
	.ci/proof

# Holds the disk's profiles against the filesystems of this kernel, as root, for
# an hour or KERNEL_FOR: artifacts/kernel has what was seen.
kernel:
	mkdir -p artifacts/kernel
	cd vfs/kernel && go build -o ../../artifacts/kernel/kernel .
	artifacts/kernel/kernel search -for $(or $(KERNEL_FOR),1h) -seed $(or $(KERNEL_SEED),1) -aims 8 -out artifacts/kernel

# Real engines on the disk, 300 seeds for each of their tests, in ten minutes at
# most: what is found, and how fast.
adapters:
	.ci/adapters $(or $(ADAPTER_RUNS),300)

# Every fuzz target of every module.
fuzz:
	.ci/fuzz 30s

# Measures and writes docs/bench.md and its plots: about half an hour on a
# machine that has nothing else to do. COMPARE=old.txt, of an earlier run's
# properties/bench/results: also what changed since then.
bench:
	POWERCUT_BENCH=1 properties/bench/run.sh

# The disk beside pebble's crashable MemFS: ratios of one run, best on a quiet machine.
ratios:
	cd properties/bench && POWERCUT_BENCH=1 go test -count=1 -run TestRatios -v .

# Manual pages of simrun and its commands, in artifacts/man.
man:
	go run ./cmd/simrun man artifacts/man

# Real engines, unmodified, under each of the disk's profiles: writes the table of
# docs/engines.md, in about half an hour.
engines:
	go run ./properties/unmodified/table -runs $(or $(ENGINE_RUNS),100)

# The own tests of bbolt, goleveldb and tidwall/wal, with their files on the
# simulated disk: none may fail.
fidelity:
	.ci/fidelity

# Known defects of real engines, found again under the mildest profile of the disk:
# writes the tables of docs/record.md, in about an hour. RECORD=buntdb looks for those
# alone whose test matches, and keeps the rows of the others.
record:
	cd properties/record && go run ./table $(if $(RECORD),-only '(?i)$(RECORD)')

# Configurations of real engines in which nothing may be found: runs those that lack runs
# for four minutes, or SILENCE_FOR, and writes their table in docs/record.md.
silence:
	cd properties/record && go run ./silence -for $(or $(SILENCE_FOR),4m)

# The newest versions of real engines, on four profiles, with and without faults, each for
# 45 seconds or CAMPAIGNS_FOR, which takes an hour: writes what was tried, and what was
# found, into docs/record.md. CAMPAIGNS=faults/ext4 is those alone that match, and keeps
# the rows of the others.
campaigns:
	cd properties/record && go run ./campaigns -for $(or $(CAMPAIGNS_FOR),45s) $(if $(CAMPAIGNS),-only '$(CAMPAIGNS)')

# Defects of the record on pebble's crashable MemFS, and here, a minute each: writes the
# table of docs/comparison.md.
beside:
	cd properties/record/beside && go run .
