package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// tailOfZeros makes a journal whose log has a tail of so many bytes of zeros, which
// take no space on the disk.
func tailOfZeros(t *testing.T, size int64) (base string) {
	t.Helper()
	base = filepath.Join(t.TempDir(), "j")
	j, _, err := journal.Open(afero.NewOsFs(), base, rayfall.New(), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(context.Background(), journal.Entry{Payload: wire.Encode(wire.String("(set x 42)"))}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(base + ".log")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(base+".log", info.Size()+size); err != nil {
		t.Fatal(err)
	}
	return base
}

// The memory of what looks at a journal does not follow the size of its files.
func TestJournalCommandsTakeLittleMemory(t *testing.T) {
	const most = 32 << 20
	size := int64(512 << 20)
	if os.Getenv("POWERCUT_SOAK") != "" {
		size = 3 << 30
	}
	base := tailOfZeros(t, size)
	for _, args := range [][]string{
		{"journal", "open", base},
		{"journal", "validate", base + ".log"},
		{"journal", "inspect", base + ".log"},
		{"journal", "repair", base},
	} {
		var out bytes.Buffer
		cmd := newRoot()
		cmd.SetArgs(args)
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_ = cmd.ExecuteContext(t.Context()) // what it says is below
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > most {
			t.Errorf("%s took %d MiB of memory, want at most %d", strings.Join(args[:2], " "), took>>20, most>>20)
		}
		if args[1] == "open" && !strings.Contains(out.String(), "x = 42") {
			t.Errorf("open says: %s", &out)
		}
	}
	info, err := os.Stat(base + ".log")
	if err != nil || info.Size() < size {
		t.Errorf("the log was changed: %v, %v", info, err)
	}
}
