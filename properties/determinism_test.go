package properties

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"powercut/sim/campaign"
	"powercut/sim/core"
)

// digestsEnv makes TestDigestsInOtherProcesses print digests, and do nothing
// else.
const digestsEnv = "POWERCUT_PRINT_DIGESTS"

// digests are those of each target: of a campaign by so many workers, and of some of its
// runs, each by itself.
func digests(t *testing.T, workers int) string {
	t.Helper()
	var b strings.Builder
	first, seeds := core.Seed(campaign.BlockSeeds-16), uint64(campaign.BlockSeeds/2) // two blocks, of which neither is whole
	if os.Getenv("POWERCUT_SOAK") != "" {
		first, seeds = 1, campaign.BlockSeeds+6
	}
	for _, target := range targets {
		summary, err := campaign.Campaign{Target: target, First: first, Seeds: seeds}.InProcess(context.Background(), workers)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", target.Name(), summary.Digest)
		for seed := core.Seed(1); seed <= 5; seed++ {
			result := core.Execute(seed, target.Draw(seed.Streams()), seed%2 == 0)
			fmt.Fprintf(&b, "%s %s %s\n", target.Name(), seed, result.Digest)
		}
	}
	return b.String()
}

// A seed decides a run, whatever the process, the processors, the workers, and
// whether anybody keeps the trace.
func TestDigestsInOtherProcesses(t *testing.T) {
	if os.Getenv(digestsEnv) != "" {
		fmt.Printf("%s%s\n", digestsEnv, strings.ReplaceAll(digests(t, 3), "\n", "|"))
		return
	}
	want := digests(t, 1)
	if strings.Contains(want, " 0000000000000000\n") {
		t.Fatalf("a digest of nothing:\n%s", want)
	}
	for _, processors := range []string{"1", "7"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestDigestsInOtherProcesses$", "-test.v")
		cmd.Env = append(os.Environ(), digestsEnv+"=1", "GOMAXPROCS="+processors)
		compareDigests(t, "GOMAXPROCS="+processors, cmd, want)
	}
}

// The same with the race detector, which moves everything in memory and in
// time.
func TestDigestsUnderTheRaceDetector(t *testing.T) {
	if os.Getenv("POWERCUT_SOAK") == "" {
		t.Skip("builds the tests once more: set POWERCUT_SOAK=1")
	}
	if out, err := exec.Command("go", "env", "CGO_ENABLED").Output(); err != nil || strings.TrimSpace(string(out)) != "1" {
		t.Skipf("the race detector needs cgo, which this toolchain has not: %v %s", err, out)
	}
	binary := filepath.Join(t.TempDir(), "race.test")
	if out, err := exec.Command("go", "test", "-race", "-c", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building with -race: %v\n%s", err, out)
	}
	cmd := exec.Command(binary, "-test.run=^TestDigestsInOtherProcesses$", "-test.v")
	cmd.Env = append(os.Environ(), digestsEnv+"=1")
	compareDigests(t, "-race", cmd, digests(t, 1))
}

func compareDigests(t *testing.T, where string, cmd *exec.Cmd, want string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", where, err, out)
	}
	for line := range strings.Lines(string(out)) {
		if _, printed, ok := strings.Cut(line, digestsEnv); ok {
			if got := strings.ReplaceAll(strings.TrimSpace(printed), "|", "\n"); got != want {
				t.Errorf("%s: digests\n%swant\n%s", where, got, want)
			}
			return
		}
	}
	t.Fatalf("%s printed no digests:\n%s", where, out)
}
