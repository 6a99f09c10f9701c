// Command campaigns looks through the newest versions of engines for what nobody knows
// yet, each with and without faults of the disk, and writes into docs/record.md what was
// tried, for how long, and what came of it. It is run in the directory of the module:
//
//	go run ./campaigns -for 2m
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"powercut/properties/unmodified"
	"powercut/properties/unmodified/measure"
)

const (
	dir   = "properties/native" // of the test, from the root of the repository
	begin = "<!-- campaigns: begin -->"
	end   = "<!-- campaigns: end -->"
)

// newest are those versions that are newer than what the tests of the record are held
// against. etcd stays at 3.6: its tests don't compile with the API of 3.7.
var newest = []string{
	"go.etcd.io/bbolt@v1.5.0",
	"github.com/nats-io/nats-server/v2@v2.15.3",
	"github.com/prometheus/prometheus@v0.316.0",
}

// campaigns are the parts of TestCampaign, those without faults first.
var campaigns = func() (all []string) {
	names := []string{"bbolt", "pebble", "goleveldb", "etcd-wal", "prometheus-wlog", "sqlite-delete", "sqlite-wal", "jetstream", "tidwall-wal", "buntdb"}
	for _, name := range names {
		all = append(all, name+"/quiet")
	}
	for _, name := range names {
		if name != "pebble" {
			all = append(all, name+"/faults")
		}
	}
	return all
}()

func main() {
	root := filepath.Join("..", "..")
	length := flag.Duration("for", 2*time.Minute, "how long each is looked through")
	only := flag.String("only", "", "only what this expression matches, as bbolt/faults; the page stays as it is")
	tests := flag.String("tests", "", "the tests, built before by simrun test -c with the newest versions: to build them takes minutes")
	out := flag.String("out", filepath.Join(root, "docs", "record.md"), "the page, whose table is written anew")
	b := measure.Builder{Root: root, Sums: "versions.sum"}
	flag.BoolVar(&b.MoreSums, "sums", false, "add the sums of versions that are new here to "+b.Sums)
	flag.Parse()
	if err := run(&b, *length, *only, *tests, *out); err != nil {
		fmt.Fprintln(os.Stderr, "campaigns:", err)
		os.Exit(1)
	}
}

func run(b *measure.Builder, length time.Duration, only, tests, out string) error {
	chosen, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	if b.Work, err = os.MkdirTemp("", "campaigns"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.Work) }() // what is left of it harms nobody
	if tests == "" {
		if tests, err = b.TestsWith(dir, newest); err != nil {
			return err
		}
	}
	var rows strings.Builder
	var failed []error
	for _, name := range campaigns {
		if !chosen.MatchString(name) {
			continue
		}
		row, err := campaign(b.Root, tests, name, length)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		fmt.Fprint(os.Stderr, row)
		rows.WriteString(row)
	}
	if only == "" {
		failed = append(failed, measure.Write(out, begin, end, page(rows.String(), length)))
	}
	return errors.Join(failed...)
}

// campaign runs one, and returns its row.
func campaign(root, tests, name string, length time.Duration) (string, error) {
	tests, err := filepath.Abs(tests)
	if err != nil {
		return "", err
	}
	at := filepath.Join(root, dir)
	taken, err := measure.Test(at, tests, []string{unmodified.ForTheRecord + "=brief"}, "-test.run="+measure.TestName("TestCampaign/"+name, ""), "-powercut.seed=0", "-powercut.for="+length.String())
	if err != nil {
		return "", err
	}
	version, err := versionOf(at, taken.Module)
	if err != nil {
		return "", err
	}
	return row(name, version, taken), nil
}

// versionOf is the newest version of a module, or the one that its tests are held against.
func versionOf(at, module string) (string, error) {
	for _, v := range newest {
		if path, version, _ := strings.Cut(v, "@"); path == module {
			return version, nil
		}
	}
	return measure.Version(at, module)
}

func page(rows string, length time.Duration) string {
	return fmt.Sprintf("\n%s for each.\n\n| engine | what is promised | profile | faults | runs | images | what was found |\n| --- | --- | --- | --- | ---: | ---: | --- |\n%s\n", length, rows)
}

var seedFlag = regexp.MustCompile(`-powercut\.seed=(\d+)`)

func row(name, version string, t measure.Taken) string {
	with := "none"
	if strings.HasSuffix(name, "/faults") {
		with = "all kinds of a failing disk"
	}
	found := "nothing"
	if t.Message != "" {
		line, _, _ := strings.Cut(strings.TrimPrefix(t.Message, "powercut: "), "\n")
		found = strings.NewReplacer("|", "/").Replace(line)
		if seed := seedFlag.FindStringSubmatch(t.Message); seed != nil {
			found += ", seed " + seed[1]
		}
	}
	return fmt.Sprintf("| %s %s | %s | `%s` | %s | %d | %d | %s |\n", t.Engine, measure.ShortVersion(version), t.Promises, t.Profile, with, t.Runs, t.Images, found)
}
