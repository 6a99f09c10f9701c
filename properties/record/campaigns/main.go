// Command campaigns looks through the newest versions of engines for what nobody knows
// yet, each with and without faults of the disk, and writes into docs/record.md what was
// tried, for how long, and what came of it. It is run in the directory of the module:
//
//	go run ./campaigns -for 45s
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"powercut/properties/unmodified"
	"powercut/properties/unmodified/measure"
	"powercut/vfs"
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

// campaigns are the parts of TestCampaign under each profile, as bbolt/quiet/ext4: the
// mildest profile first, and those without faults before those with.
var campaigns = func() (all []string) {
	names := []string{"bbolt", "pebble", "goleveldb", "etcd-wal", "prometheus-wlog", "sqlite-delete", "sqlite-wal", "jetstream", "tidwall-wal", "buntdb"}
	for _, profile := range []vfs.Profile{vfs.Ext4, vfs.XFS, vfs.Btrfs, vfs.POSIX} {
		for _, faults := range []string{"quiet", "faults"} {
			for _, name := range names {
				if name != "pebble" || faults == "quiet" {
					all = append(all, name+"/"+faults+"/"+profile.String())
				}
			}
		}
	}
	return all
}()

func main() {
	root := filepath.Join("..", "..")
	length := flag.Duration("for", 45*time.Second, "how long each is looked through")
	only := flag.String("only", "", "only what this expression matches, as bbolt/faults/xfs; the page keeps its rows of the others")
	workers := flag.Int("workers", 0, "how many runs go on at once, if not as many as there are processors")
	tests := flag.String("tests", "", "the tests, built before by simrun test -c with the newest versions: to build them takes minutes")
	out := flag.String("out", filepath.Join(root, "docs", "record.md"), "the page, whose table is written anew")
	b := measure.Builder{Root: root, Sums: "versions.sum"}
	flag.BoolVar(&b.MoreSums, "sums", false, "add the sums of versions that are new here to "+b.Sums)
	flag.Parse()
	if err := run(&b, search{*length, *workers}, *only, *tests, *out); err != nil {
		fmt.Fprintln(os.Stderr, "campaigns:", err)
		os.Exit(1)
	}
}

// search is how each campaign is run.
type search struct {
	length  time.Duration
	workers int
}

func run(b *measure.Builder, s search, only, tests, out string) error {
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
	rows := make(map[string]string) // of this time
	var failed []error
	for _, name := range campaigns {
		if !chosen.MatchString(name) {
			continue
		}
		row, err := s.campaign(b.Root, tests, name)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		fmt.Fprint(os.Stderr, row)
		rows[name] = row
	}
	old, err := os.ReadFile(out)
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	return errors.Join(append(failed, measure.Write(out, begin, end, page(rows, string(old))))...)
}

// campaign runs one, and returns its row.
func (s search) campaign(root, tests, name string) (string, error) {
	tests, err := filepath.Abs(tests)
	if err != nil {
		return "", err
	}
	at := filepath.Join(root, dir)
	test, profile := path.Split(name)
	args := []string{"-test.run=" + measure.TestName("TestCampaign/"+path.Clean(test), ""), "-powercut.profile=" + profile, "-powercut.seed=0", "-powercut.for=" + s.length.String(), "-test.timeout=0"}
	if s.workers > 0 {
		args = append(args, "-powercut.workers="+strconv.Itoa(s.workers))
	}
	taken, err := measure.Test(at, tests, []string{unmodified.ForTheRecord + "=brief"}, args...)
	if err != nil {
		return "", err
	}
	version, err := versionOf(at, taken.Module)
	if err != nil {
		return "", err
	}
	return row(name, version, taken, s.length), nil
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

// page is the table. Of a campaign that was not run this time the row of the old page is
// taken, if it has one.
func page(rows map[string]string, old string) string {
	_, old, _ = strings.Cut(old, begin)
	old, _, _ = strings.Cut(old, end)
	before := make(map[string]string)
	for line := range strings.Lines(old) {
		if found := ofCampaign.FindStringSubmatch(line); found != nil {
			before[found[1]] = line
		}
	}
	var b strings.Builder
	b.WriteString("\n| campaign | engine | what is promised | profile | faults | minutes | runs | images | what was found |\n| --- | --- | --- | --- | --- | ---: | ---: | ---: | --- |\n")
	for _, name := range campaigns {
		b.WriteString(cmp.Or(rows[name], before[name]))
	}
	return b.String() + "\n"
}

var (
	ofCampaign = regexp.MustCompile("^\\| `([a-z-]+/[a-z]+/[a-z0-9]+)` \\|")
	seedFlag   = regexp.MustCompile(`-powercut\.seed=(\d+)`)
	severalOf  = regexp.MustCompile(`^powercut: \d+ defects in \d+ runs\n\n`)
)

func row(name, version string, t measure.Taken, length time.Duration) string {
	with := "none"
	if strings.Contains(name, "/faults/") {
		with = "all kinds of a failing disk"
	}
	return fmt.Sprintf("| `%s` | %s %s | %s | `%s` | %s | %.3g | %d | %d | %s |\n", name, t.Engine, measure.ShortVersion(version), t.Promises, path.Base(name), with, length.Minutes(), t.Runs, t.Images, found(t.Message))
}

// found says in a line what a test found: of each defect what broke, and the first seed.
func found(message string) string {
	if message == "" {
		return "nothing"
	}
	var all []string
	for _, defect := range strings.Split(severalOf.ReplaceAllString(message, ""), "\n\npowercut: ") {
		line, rest, _ := strings.Cut(strings.TrimPrefix(defect, "powercut: "), "\n")
		if strings.HasSuffix(line, ":") { // of a process that ended: what it said last
			said, _, _ := strings.Cut(rest, "\n")
			line += " " + said
		}
		line = "`" + strings.NewReplacer("|", "/", "`", "'").Replace(line) + "`"
		if seed := seedFlag.FindStringSubmatch(rest); seed != nil {
			line += ", seed " + seed[1]
		}
		all = append(all, line)
	}
	return strings.Join(all, "; ")
}
