package vfs_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"powercut/vfs"
)

// imagesVariable has this test's own program list so many images, and do nothing else.
const imagesVariable = "POWERCUT_TEST_IMAGES"

// TestImagesInOtherProcesses: the images that are drawn of one state are the same in every
// process, whatever its addresses, the order of its maps, its processors and its collector
// are. With POWERCUT_SOAK, a thousand images in five processes.
func TestImagesInOtherProcesses(t *testing.T) {
	if n, err := strconv.Atoi(os.Getenv(imagesVariable)); err == nil {
		fmt.Printf("%s\n", listImages(t, n))
		return
	}
	images, processes := 40, 2
	if os.Getenv("POWERCUT_SOAK") != "" {
		images, processes = 1000, 5
	}
	own := listImages(t, images)
	for k := range processes {
		cmd := exec.Command(os.Args[0], "-test.run=^TestImagesInOtherProcesses$", "-test.count=1")
		cmd.Env = append(os.Environ(), imagesVariable+"="+strconv.Itoa(images), fmt.Sprintf("GOMAXPROCS=%d", 1+k), fmt.Sprintf("GOGC=%d", 10+50*k))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if line, _, _ := bytes.Cut(out, []byte("\n")); string(line) != own {
			t.Errorf("process %d: %s, here %s", k, line, own)
		}
	}
}

// listImages is a hash of so many images of one state, under each profile: of all that
// each shows, says that it lost, and is named by.
func listImages(t *testing.T, images int) string {
	t.Helper()
	hash, kinds := sha256.New(), 0
	d := manyPending(t)
	defer d.Release()
	for _, p := range vfs.Profiles() {
		src, seen := bulk{rand.New(rand.NewPCG(uint64(p), 3))}, map[vfs.Digest]bool{}
		for range images {
			im := d.Crash(p, src)
			seen[im.Digest()] = true
			writeImage(hash, im)
			im.Release()
		}
		for im := range d.Specials(p) {
			writeImage(hash, im)
			im.Release()
		}
		kinds += len(seen)
	}
	return fmt.Sprintf("%d images, %d of them different, hash %x", images, kinds, hash.Sum(nil)[:8])
}

func writeImage(w io.Writer, im *vfs.Image) {
	fmt.Fprintln(w, im.Digest(), im.Name(), im.Choice(), im.Lost())
	for e := range im.Walk() {
		fmt.Fprintf(w, "%s %v %o %x\n", e.Path, e.Dir, e.Mode, e.Data)
		for off := 0; off < len(e.Data); off += 512 {
			origin, err := im.Origin(e.Path, int64(off))
			fmt.Fprintf(w, "%+v %v\n", origin, err)
		}
	}
}

// manyPending is the disk, of some that are driven, on which most is pending.
func manyPending(t *testing.T) *vfs.Disk {
	t.Helper()
	most := vfs.New(vfs.Options{})
	for seed := range uint64(200) {
		src := rand.New(rand.NewPCG(seed, 4))
		r := newDriver(t, src.IntN)
		for range 60 {
			r.step()
		}
		r.disk.SetInjector(nil)
		if len(r.disk.Pending()) > len(most.Pending()) {
			most, r.disk = r.disk, most
		}
		r.disk.Release()
	}
	if n := len(most.Pending()); n < 12 {
		t.Fatalf("only %d changes are pending", n)
	}
	return most
}

type bulk struct{ *rand.Rand }

func (s bulk) Uint64n(n uint64) uint64 { return s.Uint64N(n) }
