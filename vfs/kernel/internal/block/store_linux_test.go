package block

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReadStore(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "image"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(8 << 20); err != nil {
		t.Fatal(err)
	}
	for at, s := range map[int64]string{0: "first", 5<<20 + 77: "middle", 8<<20 - 4: "last"} {
		if _, err := f.WriteAt([]byte(s), at); err != nil {
			t.Fatal(err)
		}
	}
	s, err := ReadStore(f)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[int64]string{0: "first", 5<<20 + 77: "middle", 8<<20 - 4: "last", 1 << 20: "\x00\x00"} {
		if got := content(s, at, len(want)); got != want {
			t.Errorf("at %d: %q, want %q", at, got, want)
		}
	}
	if len(s.pages) > 3 {
		t.Errorf("%d pages are kept", len(s.pages))
	}
}
