package journal_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
	"powercut/vfs"
)

// expectation is what the real program reports of a folder of files.
type expectation struct {
	About            string             `json:"about"`
	Status           string             `json:"status"`
	Entries          *int               `json:"entries"`
	EvalErrors       *int               `json:"eval_errors"`
	ValidBytes       *int64             `json:"valid_bytes"`
	SnapshotBindings *int               `json:"snapshot_bindings"`
	Opens            bool               `json:"opens"`
	Env              map[string]*string `json:"env"` // null: unbound
}

// outcome is what we report of it.
type outcome struct {
	status           string
	entries          int
	evalErrors       int
	validBytes       int64
	snapshotBindings int
	opens            bool
	machine          *rayfall.Machine
}

func fixtures(t *testing.T) []string {
	t.Helper()
	folders, err := filepath.Glob("testdata/rayforce/*/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) != 25 {
		t.Fatalf("got %d folders, want 25", len(folders))
	}
	for i, f := range folders {
		folders[i] = filepath.Dir(f)
	}
	return folders
}

func readExpectation(t *testing.T, folder string) expectation {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, "expect.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want expectation
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	return want
}

// compare reports every difference between what we found and what the real
// program did. What an expectation does not mention is not compared.
func compare(t *testing.T, got outcome, want expectation) {
	t.Helper()
	if want.Status != "" && got.status != want.Status {
		t.Errorf("status: got %q, want %q", got.status, want.Status)
	}
	if want.Entries != nil && got.entries != *want.Entries {
		t.Errorf("entries: got %d, want %d", got.entries, *want.Entries)
	}
	if want.EvalErrors != nil && got.evalErrors != *want.EvalErrors {
		t.Errorf("eval errors: got %d, want %d", got.evalErrors, *want.EvalErrors)
	}
	if want.ValidBytes != nil && got.validBytes != *want.ValidBytes {
		t.Errorf("valid bytes: got %d, want %d", got.validBytes, *want.ValidBytes)
	}
	if want.SnapshotBindings != nil && got.snapshotBindings != *want.SnapshotBindings {
		t.Errorf("snapshot bindings: got %d, want %d", got.snapshotBindings, *want.SnapshotBindings)
	}
	if got.opens != want.Opens {
		t.Errorf("opens: got %v, want %v", got.opens, want.Opens)
	}
	for name, wantHex := range want.Env {
		v, bound := got.machine.Get(name)
		switch {
		case wantHex == nil && bound:
			t.Errorf("%s: got %v, want it unbound", name, v)
		case wantHex != nil && !bound:
			t.Errorf("%s: got nothing, want %s", name, *wantHex)
		case wantHex != nil:
			if gotHex := hex.EncodeToString(reply(v)); gotHex != *wantHex {
				t.Errorf("%s: got %.200s, want %.200s", name, gotHex, *wantHex)
			}
		}
	}
}

// reply is the payload in which the real program, asked for a variable, sends
// its value: an expectation holds those bytes. A large value is compressed as
// any other payload is.
func reply(v wire.Value) []byte {
	plain := wire.Encode(v)
	if compressed, ok := wire.Compress(nil, plain); ok {
		return compressed
	}
	return plain
}

// The evaluator and the values alone, over a walk of the frames by the
// original's rules, give what the real program reports.
func TestFixturesEvaluate(t *testing.T) {
	for _, folder := range fixtures(t) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			compare(t, walkFolder(t, folder), readExpectation(t, folder))
		})
	}
}

// filesystems are what the fixtures are opened on. Each is empty.
var filesystems = []struct {
	name string
	make func(t *testing.T) afero.Fs
}{
	{"MemMapFs", func(*testing.T) afero.Fs { return afero.NewMemMapFs() }},
	{"Disk", func(*testing.T) afero.Fs { return vfs.New(vfs.Options{}) }},
	{"OsFs", func(t *testing.T) afero.Fs { return afero.NewBasePathFs(afero.NewOsFs(), t.TempDir()) }},
}

// load copies the files of a folder, but for its expectation.
func load(t *testing.T, fs afero.Fs, folder string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "j*"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = data
		if err := afero.WriteFile(fs, "/"+filepath.Base(name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// checkUnchanged compares the files with what was loaded.
func checkUnchanged(t *testing.T, fs afero.Fs, files map[string][]byte) {
	t.Helper()
	for name, want := range files {
		got, err := afero.ReadFile(fs, "/"+name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s: changed", name)
		}
	}
}

// Open finds in the real program's files what that program reports of them,
// and leaves them as they are: the refused ones for whoever repairs them, the
// others until the first append.
func TestFixturesOpen(t *testing.T) {
	for _, folder := range fixtures(t) {
		for _, kind := range filesystems {
			t.Run(filepath.Base(folder)+"/"+kind.name, func(t *testing.T) {
				fs := kind.make(t)
				files := load(t, fs, folder)
				want := readExpectation(t, folder)

				got := outcome{machine: rayfall.New()}
				j, rec, err := journal.Open(fs, "/j", got.machine, journal.Options{AdoptForeign: true})
				got.status, got.opens = string(journal.StatusOf(err)), err == nil
				got.entries, got.evalErrors, got.snapshotBindings = rec.Entries, rec.EvalErrors, rec.SnapshotBindings
				if err != nil {
					// A refused Open reports no recovery: what the log holds, Replay says.
					if report, err := journal.Replay(fs, "/j.log", rayfall.New()); err != nil {
						got.entries, got.evalErrors, got.validBytes = report.Entries, report.EvalErrors, report.ValidBytes
					}
				}
				compare(t, got, want)
				if len(files["j.log"]) == 0 {
					delete(files, "j.log") // nothing that could be lost: it is made anew
				}
				checkUnchanged(t, fs, files)
				if err != nil {
					return
				}
				reopen(t, fs, j, got.machine)
			})
		}
	}
}

// reopen appends to a journal that was opened on the real program's files,
// closes it, and finds everything again.
func reopen(t *testing.T, fs afero.Fs, j *journal.Journal, m *rayfall.Machine) {
	t.Helper()
	if _, err := j.Append(t.Context(), journal.Entry{Payload: wire.Encode(wire.String("(set appended 1)"))}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again := rayfall.New()
	j, _, err := journal.Open(fs, "/j", again, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	want, err := m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	got, err := again.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := again.Get("appended"); !ok || !bytes.Equal(got, want) {
		t.Errorf("opened again: got %x, want %x", got, want)
	}
}

// Replay and Validate report of each log what the real program does.
func TestFixturesReplay(t *testing.T) {
	for _, folder := range fixtures(t) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			fs := afero.NewMemMapFs()
			files := load(t, fs, folder)
			want := readExpectation(t, folder)
			if _, ok := files["j.log"]; !ok || want.Status == "snapshot" || want.SnapshotBindings != nil {
				t.Skip("no log, or not the log alone")
			}
			got := outcome{machine: rayfall.New()}
			report, err := journal.Replay(fs, "/j.log", got.machine)
			got.status, got.opens = string(report.Status), err == nil
			got.entries, got.evalErrors, got.validBytes = report.Entries, report.EvalErrors, report.ValidBytes
			compare(t, got, want)

			valid, err := journal.Validate(fs, "/j.log")
			if string(valid.Status) != want.Status || (err != nil) != (want.Status != "ok") {
				t.Errorf("Validate: got %q, %v", valid.Status, err)
			}
			if want.ValidBytes != nil && valid.ValidBytes != *want.ValidBytes {
				t.Errorf("Validate: got %d valid bytes, want %d", valid.ValidBytes, *want.ValidBytes)
			}
			if _, ok := errors.AsType[*journal.BadTailError](err); ok != (want.Status == "badtail") {
				t.Errorf("Validate: got %T", err)
			}
			checkUnchanged(t, fs, files)
		})
	}
}

// walkFolder replays a folder's snapshot and log with no journal.
func walkFolder(t *testing.T, folder string) outcome {
	t.Helper()
	out := outcome{status: "ok", machine: rayfall.New()}
	if raw, err := os.ReadFile(filepath.Join(folder, "j.qdb")); err == nil {
		if len(raw) < 16 || binary.LittleEndian.Uint64(raw[8:]) != uint64(len(raw)-16) {
			out.status = "snapshot"
			return out
		}
		if out.snapshotBindings, err = out.machine.Restore(raw[16:]); err != nil {
			out.status = "snapshot"
			return out
		}
	}
	log, err := os.ReadFile(filepath.Join(folder, "j.log"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	out.status, out.validBytes = "ok", 0
	for len(log) > 0 {
		size, ok := frameSize(log)
		if !ok {
			out.status = "badtail"
			return out
		}
		e := journal.Entry{Payload: log[16:size], Restricted: log[5]&2 != 0}
		if log[5]&1 != 0 {
			if e.Payload, err = wire.Decompress(e.Payload); err != nil {
				out.status = "decompress"
				return out
			}
		}
		if err := wire.Check(e.Payload); err != nil {
			out.status = "deserialize"
			return out
		}
		if err := out.machine.Apply(e); err != nil {
			out.evalErrors++
		}
		out.entries++
		out.validBytes += int64(size)
		log = log[size:]
	}
	out.opens = true
	return out
}

// frameSize returns the length of the frame that log begins with, false if
// there is no whole one.
func frameSize(log []byte) (int, bool) {
	if len(log) < 16 || binary.LittleEndian.Uint32(log) != 0xcefadefa || log[4] != 3 || log[6] != 0 {
		return 0, false
	}
	size := binary.LittleEndian.Uint64(log[8:])
	if size == 0 || size > 256<<20 || size > uint64(len(log)-16) {
		return 0, false
	}
	return 16 + int(size), true
}
