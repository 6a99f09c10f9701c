package journal_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/journal"
	"powercut/journal/wire"
	"powercut/vfs"
)

// Whatever bit of whatever read comes back wrong, once: entries that were never
// written are neither applied by an Open that succeeds nor served by Read. Of a
// log of the original nothing but the whole has a checksum, and every pass over
// it must be held against that.
func TestMisreadEntriesAreNotServed(t *testing.T) {
	want := []int64{3, 5, 7, 11}
	shapes := map[string]func(t *testing.T, disk *vfs.Disk){
		"log of the original":     func(*testing.T, *vfs.Disk) {},
		"archive of the original": func(t *testing.T, disk *vfs.Disk) { roll(t, disk) },
		"two archives":            func(t *testing.T, disk *vfs.Disk) { roll(t, disk); roll(t, disk) },
	}
	for name, prepare := range shapes {
		t.Run(name, func(t *testing.T) {
			disk := vfs.New(vfs.Options{})
			must(t, disk.Mkdir("/data", 0o755))
			var log []byte
			for _, n := range want {
				log = append(wire.AppendHeader(log, wire.Header{Size: int64(len(number(n).Payload))}), number(n).Payload...)
			}
			must(t, afero.WriteFile(disk, base+".log", log, 0o644))
			prepare(t, disk)
			image := disk.ProcessCrash()
			struck := 0
			for nth := 1; ; nth++ {
				fired := false
				for bit := range 64 {
					plan, err := faults.Parse(fmt.Sprintf("read-flip of *.log nth=%d bit=%d", nth, bit*31))
					must(t, err)
					copied := image.Mount(vfs.Options{})
					injector := faults.NewInjector(plan, nil)
					copied.SetInjector(injector)
					judgeMisread(t, copied, want, plan)
					fired = fired || len(injector.Log()) > 0
				}
				if !fired {
					break
				}
				struck++
			}
			if struck < 4 {
				t.Errorf("only %d reads were struck", struck)
			}
		})
	}
}

func roll(t *testing.T, disk *vfs.Disk) {
	j, _, err := journal.Open(disk, base, &recorder{}, journal.Options{AdoptForeign: true})
	must(t, err)
	must(t, j.Roll(bg))
	must(t, j.Close())
}

func judgeMisread(t *testing.T, disk *vfs.Disk, want []int64, plan faults.Plan) {
	m := &recorder{}
	j, rec, err := journal.Open(disk, base, m, journal.Options{})
	if err != nil {
		return // refused
	}
	if len(m.got) == 0 && rec.TailKept != "" {
		// Its first header misread, a small log looks like what an interrupted
		// creation left: it is kept aside, and reported.
		must(t, j.Close())
		return
	}
	if !slices.Equal(m.got, want) {
		t.Errorf("%s: Open succeeded and applied %v, want %v", plan, m.got, want)
	}
	for e, err := range j.Read(1) {
		if err != nil {
			break // refused
		}
		if exp := number(want[e.LSN-1]).Payload; !slices.Equal(e.Payload, exp) {
			t.Errorf("%s: Read served LSN %d as %x, want %x", plan, e.LSN, e.Payload, exp)
		}
	}
	must(t, j.Close())
}
