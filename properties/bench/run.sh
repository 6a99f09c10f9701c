#!/bin/sh
# Measures the journal beside floors and peers, and writes the report.
#
#	properties/bench/run.sh            about a quarter of an hour
#	QUICK=1 properties/bench/run.sh    three minutes, for a first look
#
# Every round runs every benchmark once, so that what disturbs the machine for a
# while disturbs all of them. Results are appended: a second run adds rounds.
#
#	ROUNDS=6 TIME=300ms SYNC_TIME=200ms   what a round is
#	RESULTS=results/journal.txt           the output of the benchmarks
#	REPORT=results/bench.md               the report
#	POWERCUT_BENCH_DISK, POWERCUT_BENCH_TMPFS   directories to measure in
#	POWERCUT_BENCH=1                      recovery of 1 GiB too
set -eu
cd "$(dirname "$0")"

if [ -n "${QUICK:-}" ]; then
	: "${ROUNDS:=2}" "${TIME:=100ms}" "${SYNC_TIME:=50ms}"
fi
: "${ROUNDS:=6}" "${TIME:=300ms}" "${SYNC_TIME:=200ms}"
: "${RESULTS:=results/journal.txt}" "${REPORT:=results/bench.md}"

mkdir -p "$(dirname "$RESULTS")" "$(dirname "$REPORT")"
binary=$(mktemp)
round=$(mktemp)
trap 'rm -f "$binary" "$round"' EXIT
go test -c -o "$binary" ./journal

# run BENCHMARKS TIME: a round that fails leaves nothing behind.
run() {
	"$binary" -test.run '^$' -test.bench "$1" -test.benchtime "$2" -test.count 1 >>"$round" || {
		tail -n 20 "$round" >&2
		exit 1
	}
}

for i in $(seq "$ROUNDS"); do
	echo "round $i of $ROUNDS" >&2
	: >"$round"
	run '^Benchmark(Append|Replay)$' "$TIME"
	run '^BenchmarkSync(1|64)$' "$SYNC_TIME"
	if [ -n "${POWERCUT_BENCH:-}" ]; then
		run '^BenchmarkOpen1GiB$' 1x
	fi
	cat "$round" >>"$RESULTS"
done

go run ./report -o "$REPORT" "journal=$RESULTS"
echo "wrote $REPORT" >&2
