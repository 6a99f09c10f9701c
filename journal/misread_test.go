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

// One bit of one read comes back wrong while Open takes over what another program
// appended, of which nothing has a checksum: it takes over all of it, or fails.
func TestMisreadForeignEntriesAreNotCutOff(t *testing.T) {
	const own, appended = 2, 4
	disk := vfs.New(vfs.Options{})
	must(t, disk.Mkdir("/data", 0o755))
	closedWith(t, disk, func(j *journal.Journal) { mustAppend(t, j, number(1), number(2)) })
	for i := range int64(appended) {
		appendTo(t, disk, base+".log", string(oldLogOf(number(i))))
	}
	eachMisread(t, disk, func(disk *vfs.Disk, plan faults.Plan) {
		j, rec, err := journal.Open(disk, base, nothing{}, journal.Options{AdoptForeign: true})
		if err != nil {
			return
		}
		if rec.LastLSN != own+appended || rec.Adopted != appended || rec.TailKept != "" {
			t.Errorf("%s: Open succeeded with %+v, want %d entries, and %d taken over", plan, rec, own, appended)
		}
		must(t, j.Close())
	})
}

// Nothing proves a snapshot of another program either: what is restored is what is there.
func TestMisreadSnapshotIsNotRestored(t *testing.T) {
	disk := vfs.New(vfs.Options{})
	must(t, disk.Mkdir("/data", 0o755))
	whole := &recorder{got: []int64{3, 5, 7, 11}}
	state, err := whole.Snapshot()
	must(t, err)
	file := append(wire.AppendHeader(nil, wire.Header{Type: wire.TypeSnapshot, Size: int64(len(state))}), state...)
	must(t, afero.WriteFile(disk, base+".qdb", file, 0o644))
	image := disk.ProcessCrash()
	struck := 0
	for nth := 1; nth < 4; nth++ {
		for bit := range 8 * len(file) {
			plan, err := faults.Parse(fmt.Sprintf("read-flip of *.qdb nth=%d bit=%d", nth, bit))
			must(t, err)
			copied := image.Mount(vfs.Options{})
			injector := faults.NewInjector(plan, nil)
			copied.SetInjector(injector)
			m := &recorder{}
			j, _, err := journal.Open(copied, base, m, journal.Options{})
			struck += len(injector.Log())
			if err != nil {
				continue // refused
			}
			if !slices.Equal(m.got, whole.got) {
				t.Errorf("%s: Open succeeded and restored %v, want %v", plan, m.got, whole.got)
			}
			must(t, j.Close())
		}
	}
	if struck < 16*len(file) {
		t.Errorf("%d bits were misread, of a file of %d bytes that is read twice", struck, len(file))
	}
}

// Likewise, Repair cuts off what it would without that, or nothing.
func TestMisreadRepairCutsNothingElse(t *testing.T) {
	for name, log := range map[string][]byte{"old log": oldFrames(4), "log": nil} {
		disk := vfs.New(vfs.Options{})
		must(t, disk.Mkdir("/data", 0o755))
		if log != nil {
			must(t, afero.WriteFile(disk, base+".log", append(log, "torn"...), 0o644))
		} else {
			closedWith(t, disk, func(j *journal.Journal) { mustAppend(t, j, number(1), number(2), number(3)) })
			log, err := afero.ReadFile(disk, base+".log")
			must(t, err)
			log[len(log)-wire.CommitSize-5] ^= 1
			must(t, afero.WriteFile(disk, base+".log", log, 0o644))
		}
		want, err := journal.Repair(disk.ProcessCrash().Mount(vfs.Options{}), base, journal.RepairOptions{AcceptLoss: true})
		if err != nil || want.CutBytes == 0 {
			t.Fatalf("%s: got %+v, %v, want it cut", name, want, err)
		}
		eachMisread(t, disk, func(disk *vfs.Disk, plan faults.Plan) {
			got, err := journal.Repair(disk, base, journal.RepairOptions{AcceptLoss: true})
			if got.CutBytes > 0 && got != want {
				t.Errorf("%s, %s: got %+v, %v, want %+v", name, plan, got, err, want)
			}
		})
	}
}

// eachMisread has something done to copies of a disk, in each of which another bit of
// another read of a log comes back wrong.
func eachMisread(t *testing.T, disk *vfs.Disk, do func(*vfs.Disk, faults.Plan)) {
	image := disk.ProcessCrash()
	log, err := afero.ReadFile(disk, base+".log")
	must(t, err)
	reads := 0
	for fired := true; fired; reads++ {
		fired = false
		for bit := 0; bit < 8*len(log); bit += 7 {
			plan, err := faults.Parse(fmt.Sprintf("read-flip of *.log nth=%d bit=%d", reads+1, bit))
			must(t, err)
			copied := image.Mount(vfs.Options{})
			injector := faults.NewInjector(plan, nil)
			copied.SetInjector(injector)
			do(copied, plan)
			fired = fired || len(injector.Log()) > 0
		}
	}
	if reads < 6 {
		t.Errorf("only %d reads were struck", reads)
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
