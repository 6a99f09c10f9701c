#!/bin/sh
# Measures the journal beside floors and peers, the simulator, and how both grow,
# and writes docs/bench.md with its plots. The machine should have nothing else to
# do.
#
#	properties/bench/run.sh            about half an hour
#	QUICK=1 properties/bench/run.sh    three minutes, for a first look
#
# Every round runs every benchmark once, so that what disturbs the machine for a
# while disturbs all of them. Results are appended: a second run adds rounds.
#
#	ROUNDS=6 TIME=300ms SYNC_TIME=200ms   what a round is
#	RESULTS=results                       where the output of the benchmarks goes
#	DOCS=../../docs                       where the report and its plots go
#	POWERCUT_BENCH_DISK, POWERCUT_BENCH_TMPFS   directories to measure in
#	POWERCUT_BENCH=1                      slower disks and a log of 1 GiB too
#	POWERCUT_BENCH_LARGE=1                and one of 8 GiB, which takes as much of the disk
#	COMPARE=old                           what an earlier run left in RESULTS, or a file of it: what changed since then,
#	                                      by benchstat; only of the same machine does that say anything
set -eu
here=$PWD
cd "$(dirname "$0")"

if [ -n "${QUICK:-}" ]; then
	: "${ROUNDS:=2}" "${TIME:=100ms}" "${SYNC_TIME:=50ms}"
fi
: "${ROUNDS:=6}" "${TIME:=300ms}" "${SYNC_TIME:=200ms}"
: "${RESULTS:=results}" "${DOCS:=../../docs}"

if [ -n "${COMPARE:-}" ]; then
	case $COMPARE in /*) ;; *) COMPARE=$here/$COMPARE ;; esac
	test -e "$COMPARE" || { echo "COMPARE: there is no $COMPARE" >&2; exit 2; }
fi

mkdir -p "$RESULTS" "$DOCS"
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
go test -c -o "$built/journal" ./journal
go test -c -o "$built/simulator" ./simulator
go build -o "$built/growth" ./growth
# A user's engine on package os; only on Linux on amd64 is it run so.
if [ "$(go env GOOS)/$(go env GOARCH)" = linux/amd64 ]; then
	(cd ../.. && go build -o "$built/simrun" ./cmd/simrun)
	"$built/simrun" test -c -o "$built/unmodified" ./simulator/unmodified
	export POWERCUT_BENCH_UNMODIFIED="$built/unmodified"
fi

# run PACKAGE BENCHMARKS TIME: a round that fails leaves nothing behind.
run() {
	"$built/$1" -test.run '^$' -test.bench "$2" -test.benchtime "$3" -test.count 1 >>"$built/$1.txt" || {
		tail -n 20 "$built/$1.txt" >&2
		exit 1
	}
}

for i in $(seq "$ROUNDS"); do
	echo "round $i of $ROUNDS" >&2
	: >"$built/journal.txt"
	: >"$built/simulator.txt"
	run journal '^Benchmark(Append|Replay)$' "$TIME"
	run journal '^BenchmarkSync(1|64)$' "$SYNC_TIME"
	run simulator . "$TIME"
	if [ -n "${POWERCUT_BENCH:-}" ]; then
		run journal '^BenchmarkLatency64$' "$SYNC_TIME"
		run journal '^BenchmarkLarge$' 1x
	fi
	cat "$built/journal.txt" >>"$RESULTS/journal.txt"
	cat "$built/simulator.txt" >>"$RESULTS/simulator.txt"
done
"$built/growth" -docs "$DOCS" -o "$RESULTS/growth.md" ${QUICK:+-quick}

go run ./report -o "$DOCS/bench.md" "journal=$RESULTS/journal.txt" "simulator=$RESULTS/simulator.txt" "growth=$RESULTS/growth.md"
echo "wrote $DOCS/bench.md" >&2

if [ -n "${COMPARE:-}" ]; then
	if [ -d "$COMPARE" ]; then
		cat "$COMPARE/journal.txt" "$COMPARE/simulator.txt" >"$built/old"
	else
		cat "$COMPARE" >"$built/old"
	fi
	cat "$RESULTS/journal.txt" "$RESULTS/simulator.txt" >"$built/new"
	go tool benchstat "$built/old" "$built/new"
fi
