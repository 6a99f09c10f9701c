package vfs_test

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"powercut/vfs"
)

// slow has every write take a while.
type slow struct{}

func (slow) Inject(op vfs.Op) (out vfs.Outcome) {
	if op.Kind == vfs.OpWrite {
		out.Latency, out.Stall = time.Millisecond, time.Millisecond
	}
	return out
}

// What is in flight when somebody else cuts the power does not take place, whether it is
// slow or stalled.
func TestPowerCutInFlight(t *testing.T) {
	for _, options := range []func(cut func()) vfs.Options{
		func(cut func()) vfs.Options { return vfs.Options{Sleep: func(time.Duration) { cut() }} },
		func(cut func()) vfs.Options { return vfs.Options{Clock: func(vfs.Beside) { cut() }} },
	} {
		var d *vfs.Disk
		d = vfs.New(options(func() { d.PowerCut() }))
		f := must(d.Create("/f"))
		d.SetInjector(slow{})
		n, err := f.Write([]byte("x"))
		is(t, "write", err, vfs.ErrPowerCut)
		if n != 0 || len(d.Tree()["/f"]) > 0 {
			t.Errorf("%d bytes were written, and the file holds %q", n, d.Tree()["/f"])
		}
		d.Release()
	}
}

// What waits for its turn while another closes its handle finds that closed.
func TestClosedWhileItWaits(t *testing.T) {
	d := vfs.New(vfs.Options{})
	f := must(d.Create("/f"))
	closing := false
	d.SetHook(hookFuncs{before: func(op vfs.Op) {
		if op.Kind == vfs.OpWrite && !closing {
			closing = true
			is(t, "close", f.Close(), nil)
		}
	}})
	_, err := f.Write([]byte("x"))
	is(t, "write", err, os.ErrClosed)
	if content := d.Tree()["/f"]; len(content) > 0 {
		t.Errorf("the file holds %q", content)
	}
}

// A quota bounds what a directory holds also where the device has a capacity, and the
// capacity where there is a quota: the tighter one counts.
func TestQuotaAndCapacity(t *testing.T) {
	for _, test := range []struct {
		capacity, quota int64
		want            error
	}{
		{16 << 10, 4 << 10, syscall.EDQUOT},
		{4 << 10, 16 << 10, syscall.ENOSPC},
		{0, 4 << 10, syscall.EDQUOT},
		{4 << 10, 0, syscall.ENOSPC},
		{16 << 10, 16 << 10, nil},
	} {
		d := vfs.New(vfs.Options{CapacityBytes: test.capacity})
		f := must(d.Create("/f"))
		d.SetInjector(within(vfs.Quota{Dir: "/", Bytes: test.quota}))
		n, err := f.Write(make([]byte, 8<<10))
		is(t, fmt.Sprint(test), err, test.want)
		if want := 4 << 10; test.want != nil && n != want {
			t.Errorf("%v: %d bytes were written, want %d", test, n, want)
		}
		d.Release()
	}
}

// within has every operation bound by a quota.
type within vfs.Quota

func (w within) Inject(vfs.Op) vfs.Outcome {
	return vfs.Outcome{Beside: vfs.Beside{Quota: vfs.Quota(w)}}
}
