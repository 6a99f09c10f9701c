// Command silence runs the configurations of engines in which nothing may be found, and
// writes what that came to into docs/record.md. What was run is kept in runs.json, so that
// the next call goes on with seeds that were not run yet. It is run in the directory of the
// module:
//
//	go run ./silence -for 4m
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"powercut/properties/unmodified/measure"
)

// kept is where what was run is kept, beside the module.
var kept = filepath.Join("silence", "runs.json")

const wanted = 1000 // runs of each configuration

func main() {
	length := flag.Duration("for", 4*time.Minute, "how long; a piece that is under way then is finished")
	out := flag.String("out", filepath.Join("..", "..", "docs", "record.md"), "the page, whose table is written anew")
	tests := flag.String("tests", "", "the tests of properties/native, built before by simrun test -c: to build them takes minutes")
	only := flag.String("only", "", "only the configurations whose test this expression matches")
	piece := flag.Int("piece", 50, "how many seeds are run before what they came to is kept: fewer, where one takes long")
	flag.Parse()
	if err := run(*length, *out, *tests, *only, *piece); err != nil {
		fmt.Fprintln(os.Stderr, "silence:", err)
		os.Exit(1)
	}
}

func run(length time.Duration, out, tests, only string, mostSeeds int) error {
	chosen, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	work, err := os.MkdirTemp("", "silence")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // what is left of it harms nobody
	all, err := read(kept)
	if err != nil {
		return err
	}
	b := measure.Builder{Root: filepath.Join("..", ".."), Work: work}
	if tests != "" {
		if err := b.Built("properties/native", tests); err != nil {
			return err
		}
	}
	for end := time.Now().Add(length); time.Now().Before(end); {
		c := next(all, chosen)
		if c == nil {
			break
		}
		if err := c.piece(&b, min(mostSeeds, wanted-c.Runs)); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s under %s: %d runs, %d images\n", c.Engine, c.Profile, c.Runs, c.Images)
		if err := write(kept, all); err != nil {
			return err
		}
	}
	return measure.Write(out, begin, end, table(all))
}

// configuration is one in which nothing may be found, and what was run of it: the seeds
// below Runs.
type configuration struct {
	Dir     string // of the test, from the root of the repository
	Test    string
	Profile string
	// Of the test, as it says:
	Engine   string
	Promises string
	Version  string // of its module
	Runs     int
	Images   int
	Seconds  float64
}

// read reads what was run, of the configurations that there are.
func read(path string) ([]configuration, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []configuration
	return all, json.Unmarshal(text, &all)
}

func write(path string, all []configuration) error {
	text, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// next is the first configuration of those chosen that lacks runs, nil if none does.
func next(all []configuration, chosen *regexp.Regexp) *configuration {
	for i := range all {
		if all[i].Runs < wanted && chosen.MatchString(all[i].Test) {
			return &all[i]
		}
	}
	return nil
}

// piece runs the next seeds of a configuration. Another version of the engine begins anew.
func (c *configuration) piece(b *measure.Builder, seeds int) error {
	tests, err := b.Tests(c.Dir)
	if err != nil {
		return err
	}
	dir := filepath.Join(b.Root, c.Dir)
	taken, err := measure.Test(dir, tests, nil, "-test.run="+measure.TestName(c.Test, c.Profile), fmt.Sprintf("-powercut.seed=%d", c.Runs), fmt.Sprintf("-powercut.runs=%d", seeds))
	if err != nil {
		return err
	}
	version, err := measure.Version(dir, taken.Module)
	if err != nil {
		return err
	}
	if taken.Profile != c.Profile || taken.Runs != seeds {
		return fmt.Errorf("%s ran %d seeds under %s, not %d under %s", c.Test, taken.Runs, taken.Profile, seeds, c.Profile)
	}
	if c.Version != version && c.Runs > 0 {
		c.Runs, c.Images, c.Seconds = 0, 0, 0
		return nil
	}
	c.Engine, c.Promises, c.Version = taken.Engine, taken.Promises, version
	c.Runs, c.Images, c.Seconds = c.Runs+taken.Runs, c.Images+taken.Images, c.Seconds+taken.Took.Seconds()
	return nil
}
