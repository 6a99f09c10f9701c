package journal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/journal"
	"powercut/vfs"
)

// noDirSync is a disk on which a directory can't be fsynced.
func noDirSync(t *testing.T, errno string) *vfs.Disk {
	t.Helper()
	disk := vfs.New(vfs.Options{})
	must(t, disk.Mkdir("/data", 0o755))
	root, err := disk.Open("/")
	must(t, err)
	must(t, root.Sync())
	must(t, root.Close())
	refuseDirSync(t, disk, errno)
	return disk
}

func refuseDirSync(t *testing.T, disk *vfs.Disk, errno string) {
	t.Helper()
	plan, err := faults.Parse("keep-dirty on syncdir errno=" + errno)
	must(t, err)
	disk.SetInjector(faults.NewInjector(plan, source64{rand.New(rand.NewPCG(1, 2))}))
}

// source64 is a seeded vfs.Source.
type source64 struct{ *rand.Rand }

// Uint64n implements vfs.Source.
func (s source64) Uint64n(n uint64) uint64 { return s.Uint64N(n) }

// wantDirSyncError wants an error that names the directory, what is missing, and
// what accepts that.
func wantDirSyncError(t *testing.T, err error, errno syscall.Errno) {
	t.Helper()
	e, ok := errors.AsType[*journal.DirSyncError](err)
	if !ok || e.Path != "/data" || !errors.Is(err, errno) || !strings.Contains(err.Error(), "AcceptNoDirSync") {
		t.Errorf("got %v, want a *DirSyncError of /data around %v", err, errno)
	}
}

func TestDirectoryCannotBeSynced(t *testing.T) {
	accept := journal.Options{AcceptNoDirSync: true}
	for name, errno := range map[string]syscall.Errno{"EINVAL": syscall.EINVAL, "ENOTSUP": syscall.ENOTSUP, "EBADF": syscall.EBADF, "ENOSYS": syscall.ENOSYS} {
		t.Run(name, func(t *testing.T) {
			disk := noDirSync(t, name)
			_, _, err := journal.Open(disk, base, &recorder{}, journal.Options{})
			wantDirSyncError(t, err, errno)
			wantOpen(t, disk)
			if infos, err := afero.ReadDir(disk, "/data"); err != nil || len(infos) > 0 {
				t.Errorf("left behind: %v, %v", infos, err)
			}

			j, _, err := journal.Open(disk, base, &recorder{}, accept)
			must(t, err)
			mustAppend(t, j, number(1))
			must(t, j.Snapshot(bg))
			mustAppend(t, j, number(2))
			must(t, j.Roll(bg))
			mustAppend(t, j, number(3))
			must(t, j.Prune(bg))
			must(t, j.Close())
			wantOpen(t, disk)

			// Of what is there, nothing changes without the option.
			before := tree(t, disk)
			_, _, err = journal.Open(disk, base, &recorder{}, journal.Options{})
			wantDirSyncError(t, err, errno)
			if after := tree(t, disk); after != before {
				t.Errorf("a refused Open changed\n%sto\n%s", before, after)
			}
			m := &recorder{}
			j, _, err = journal.Open(disk, base, m, accept)
			must(t, err)
			if !slices.Equal(m.got, []int64{1, 2, 3}) {
				t.Errorf("got %v, want 1 to 3", m.got)
			}
			must(t, j.Close())

			// Purge does what it can, and says what it can't.
			wantDirSyncError(t, journal.Purge(disk, base), errno)
			if infos, err := afero.ReadDir(disk, "/data"); err != nil || len(infos) > 0 {
				t.Errorf("left by Purge: %v, %v", infos, err)
			}
		})
	}
}

// A bad tail is cut only where that is accepted.
func TestRepairWithoutDirSync(t *testing.T) {
	disk := noDirSync(t, "EINVAL")
	torn := append(oldLog(), "half a frame"...)
	must(t, afero.WriteFile(disk, base+".log", torn, 0o644))
	_, err := journal.Repair(disk, base, journal.RepairOptions{})
	wantDirSyncError(t, err, syscall.EINVAL)
	if raw, err := afero.ReadFile(disk, base+".log"); err != nil || len(raw) != len(torn) {
		t.Errorf("the log has %d bytes, want %d: %v", len(raw), len(torn), err)
	}
	rep, err := journal.Repair(disk, base, journal.RepairOptions{AcceptNoDirSync: true})
	must(t, err)
	if rep.CutBytes != 12 {
		t.Errorf("got %+v", rep)
	}
}

// Zeros are kept nowhere, so that no copy tells that names can't be made durable:
// a log that is to be removed is still there.
func TestRepairRemovesNothingWithoutDirSync(t *testing.T) {
	disk := noDirSync(t, "EINVAL")
	zeros := make([]byte, 8192)
	must(t, afero.WriteFile(disk, base+".log", zeros, 0o644))
	before := tree(t, disk)
	_, err := journal.Repair(disk, base, journal.RepairOptions{})
	wantDirSyncError(t, err, syscall.EINVAL)
	if after := tree(t, disk); after != before {
		t.Errorf("a refused Repair changed\n%sto\n%s", before, after)
	}
	rep, err := journal.Repair(disk, base, journal.RepairOptions{AcceptNoDirSync: true})
	must(t, err)
	if !rep.Removed || rep.KeptAs != "" {
		t.Errorf("got %+v, want the log removed, and nothing kept", rep)
	}
}

// An fsync of a directory that fails is no filesystem without one: it poisons,
// whatever was accepted.
func TestFailedDirectorySyncIsNotAccepted(t *testing.T) {
	disk := noDirSync(t, "EIO")
	opts := journal.Options{AcceptNoDirSync: true}
	_, _, err := journal.Open(disk, base, &recorder{}, opts)
	if _, ok := errors.AsType[*journal.DirSyncError](err); ok || !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v, want %v", err, syscall.EIO)
	}
	disk.SetInjector(nil)
	j, _, err := journal.Open(disk, base, &recorder{}, opts)
	must(t, err)
	refuseDirSync(t, disk, "EIO")
	if err := j.Roll(bg); !errors.Is(err, journal.ErrPoisoned) {
		t.Errorf("got %v, want %v", err, journal.ErrPoisoned)
	}
}

// What the option's documentation says: a power cut may lose names, and then what
// comes back is a prefix or is refused; the death of the process loses nothing.
func TestPowerCutWithoutDirSync(t *testing.T) {
	disk := noDirSync(t, "EINVAL")
	opts := journal.Options{AcceptNoDirSync: true}
	j, _, err := journal.Open(disk, base, &recorder{}, opts)
	must(t, err)
	want := []int64{}
	for i := range int64(6) {
		mustAppend(t, j, number(i))
		want = append(want, i)
		if i%2 == 1 {
			must(t, j.Roll(bg))
		}
	}
	lost := 0
	rnd := source64{rand.New(rand.NewPCG(3, 4))}
	for range 200 {
		img := disk.Crash(vfs.POSIX, rnd)
		d := img.Mount(vfs.Options{})
		if _, err := d.Stat("/data"); err != nil {
			continue
		}
		m := &recorder{}
		j, _, err := journal.Open(d, base, m, opts)
		if err != nil {
			if _, ok := errors.AsType[*journal.CorruptError](err); !ok {
				t.Fatalf("got %v, want a prefix or a *CorruptError", err)
			}
			continue
		}
		if len(m.got) > len(want) || !slices.Equal(m.got, want[:len(m.got)]) {
			t.Fatalf("got %v, want a prefix of %v", m.got, want)
		}
		if len(m.got) < len(want) {
			lost++
		}
		must(t, j.Close())
	}
	if lost == 0 {
		t.Error("no image lost a name: this proves nothing")
	}
	m := &recorder{}
	d := disk.ProcessCrash().Mount(vfs.Options{})
	j, _, err = journal.Open(d, base, m, opts)
	must(t, err)
	must(t, j.Close())
	if !slices.Equal(m.got, want) {
		t.Errorf("after the death of the process: got %v, want %v", m.got, want)
	}
}

// tree is what a disk shows, as text.
func tree(t testing.TB, disk *vfs.Disk) string {
	t.Helper()
	infos, err := afero.ReadDir(disk, "/data")
	must(t, err)
	var b strings.Builder
	for _, info := range infos {
		raw, err := afero.ReadFile(disk, "/data/"+info.Name())
		must(t, err)
		fmt.Fprintf(&b, "%s %x\n", info.Name(), raw)
	}
	return b.String()
}

// A roll whose log has its name, and that waits only for the names to be durable, is
// completed without another rename: one that failed, with a stat that failed, would put
// in doubt what is known.
func TestRollWaitsForNamesAlone(t *testing.T) {
	disk := vfs.New(vfs.Options{})
	must(t, disk.Mkdir("/data", 0o755))
	j, _, err := journal.Open(disk, base, &recorder{}, journal.Options{})
	must(t, err)
	mustAppend(t, j, number(1))
	plan, err := faults.Parse(`no-space on open of /data nth=1 errno=EDQUOT
no-space on rename of /data/j.log.tmp to /data/j.log nth=2 errno=EDQUOT
stat-error of /data/j.log.tmp nth=1 errno=EIO`)
	must(t, err)
	disk.SetInjector(faults.NewInjector(plan, source64{rand.New(rand.NewPCG(1, 2))}))
	if err := j.Roll(bg); !errors.Is(err, journal.ErrRefused) || !errors.Is(err, syscall.EDQUOT) {
		t.Errorf("roll: got %v, want it refused with EDQUOT", err)
	}
	mustAppend(t, j, number(2))
	must(t, j.Close())
	m := &recorder{}
	_, rec, err := journal.Open(disk, base, m, journal.Options{})
	must(t, err)
	if !slices.Equal(m.got, []int64{1, 2}) || rec.Generation != 2 {
		t.Errorf("got %v, %+v", m.got, rec)
	}
}
