package journal_test

import (
	"context"
	"fmt"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

func text(source string) journal.Entry {
	return journal.Entry{Payload: wire.Encode(wire.String(source))}
}

func ExampleOpen() {
	fs := afero.NewMemMapFs() // afero.NewOsFs() for files
	_ = fs.MkdirAll("/data", 0o755)
	ctx := context.Background()

	j, _, err := journal.Open(fs, "/data/j", rayfall.New(), journal.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		lsn, err := j.Append(ctx, text("(set x (+ 1 (do 1)))"))
		fmt.Println(lsn, err) // durable, if the error is nil
	}
	fmt.Println(j.Close())

	m := rayfall.New()
	j, recovery, err := journal.Open(fs, "/data/j", m, journal.Options{})
	x, _ := m.Get("x")
	fmt.Println(recovery.Entries, "entries, x is", x, err)
	_ = j.Close()
	// Output:
	// 1 <nil>
	// 2 <nil>
	// 3 <nil>
	// <nil>
	// 3 entries, x is 2 <nil>
}

func ExampleJournal_Snapshot() {
	fs := afero.NewMemMapFs()
	_ = fs.MkdirAll("/data", 0o755)
	ctx := context.Background()

	j, _, _ := journal.Open(fs, "/data/j", rayfall.New(), journal.Options{})
	_, _ = j.Append(ctx, text("(set x 1)"))
	_, _ = j.Append(ctx, text("(set x (+ x 1))"))
	fmt.Println(j.Snapshot(ctx))
	fmt.Println(j.Prune(ctx)) // the archive is not needed any more
	_, _ = j.Append(ctx, text("(set x (+ x 1))"))
	_ = j.Close()

	m := rayfall.New()
	j, recovery, _ := journal.Open(fs, "/data/j", m, journal.Options{})
	x, _ := m.Get("x")
	fmt.Printf("snapshot up to LSN %d, then %d entry: x is %v\n", recovery.SnapshotLSN, recovery.Entries, x)
	_ = j.Close()
	// Output:
	// <nil>
	// <nil>
	// snapshot up to LSN 2, then 1 entry: x is 3
}

func ExampleReplay() {
	fs := afero.NewReadOnlyFs(afero.NewOsFs())
	m := rayfall.New()
	report, err := journal.Replay(fs, "testdata/rayforce/basic/j.log", m)
	fmt.Println(report.Status, report.Entries, report.EvalErrors, err)
	// Output: ok 12 0 <nil>
}

func ExampleRepair() {
	disk := afero.NewReadOnlyFs(afero.NewOsFs())
	fs := afero.NewCopyOnWriteFs(disk, afero.NewMemMapFs()) // leave the file as it is
	base := "testdata/rayforce/badtail-short-payload/j"

	_, err := journal.Replay(fs, base+".log", rayfall.New())
	fmt.Println(err)

	report, err := journal.Repair(fs, base, journal.RepairOptions{})
	fmt.Println(report.CutBytes, "bytes cut, kept as", report.KeptAs, err)
	// Output:
	// journal: testdata/rayforce/badtail-short-payload/j.log has a bad tail at offset 76, after 2 entries: wire: frame cut short: got 16 bytes of a payload, want 19
	// 32 bytes cut, kept as testdata/rayforce/badtail-short-payload/j.log.tail-0-76 <nil>
}

func ExampleJournal_Read() {
	fs := afero.NewMemMapFs()
	_ = fs.MkdirAll("/data", 0o755)
	ctx := context.Background()
	j, _, _ := journal.Open(fs, "/data/j", rayfall.New(), journal.Options{})
	defer j.Close()
	for i := range 3 {
		_, _ = j.Append(ctx, text(fmt.Sprintf("(set x %d)", i)))
		_ = j.Roll(ctx)
	}
	for e, err := range j.Read(2) {
		if err != nil {
			fmt.Println(err)
			return
		}
		v, _ := wire.Decode(e.Payload)
		fmt.Println(e.LSN, v)
	}
	// Output:
	// 2 "(set x 1)"
	// 3 "(set x 2)"
}
