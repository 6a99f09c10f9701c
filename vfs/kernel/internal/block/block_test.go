package block

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func content(s *Store, off int64, n int) string {
	b := make([]byte, n)
	s.ReadAt(b, off)
	return string(b)
}

// TestStore: clones keep their changes to themselves, across page borders and
// at the end of the device.
func TestStore(t *testing.T) {
	s := NewStore(3 * pageBytes)
	s.WriteAt([]byte("parent"), pageBytes-3)
	c := s.Clone()
	c.WriteAt([]byte("CLONE"), pageBytes-1)
	c.WriteAt([]byte("beyond"), 3*pageBytes-2)
	if got := content(s, pageBytes-3, 6); got != "parent" {
		t.Errorf("the parent has %q", got)
	}
	if got := content(c, pageBytes-3, 7); got != "paCLONE" {
		t.Errorf("the clone has %q", got)
	}
	if got := content(c, 3*pageBytes-2, 4); got != "be\x00\x00" {
		t.Errorf("at the end: %q", got)
	}
	if c.digest(s) == s.Clone().digest(s) {
		t.Error("the digest misses a change")
	}
	c.WriteAt([]byte("ren"), pageBytes-1)
	c.WriteAt([]byte("t\x00"), pageBytes+2)
	c.WriteAt([]byte{0, 0}, 3*pageBytes-2)
	if c.digest(s) != s.Clone().digest(s) {
		t.Error("what is the same again has another digest")
	}
}

// logged is a device on which something was written, flushed and marked.
func logged(t *testing.T, do ...any) *Log {
	t.Helper()
	d := NewDevice(16 * pageBytes)
	d.Record()
	for _, what := range do {
		switch x := what.(type) {
		case Kind:
			if x == Flush {
				d.Do(Entry{Kind: Flush})
			} else {
				d.Mark(x)
			}
		case byte: // a page of it, at a place of its own
			b := bytes.Repeat([]byte{x}, pageBytes)
			d.Do(Entry{Kind: Write, Off: int64(x-'a') * pageBytes, Len: pageBytes, Data: b})
			clear(b) // the log has its own
		}
	}
	return d.Recorded()
}

// TestCrashes: before a flush any subset of the writes may be there, each torn
// anywhere; after it they are.
func TestCrashes(t *testing.T) {
	l := logged(t, byte('a'), byte('b'), Flush, byte('c'), byte('d'), byte('e'))
	shown := map[string]bool{}
	for c := range l.Crashes(rand.New(rand.NewPCG(1, 1)), 400) {
		s := pages(t, c.Store)
		shown[s] = true
		if flushed := c.From > 2; flushed && s[:2] != "ab" || !flushed && s[2:] != "..." || c.From > c.To || c.To > len(l.Entries) {
			t.Errorf("from %d to %d there is %s", c.From, c.To, s)
		}
		if s == "ab..." && c.To != 6 && c.To != 2 || s == "ab.d." && (c.From != 5 || c.To != 6) {
			t.Errorf("%s is possible from %d to %d", s, c.From, c.To)
		}
	}
	for _, want := range []string{".....", "a....", ".b...", "ab...", "abc..", "ab.d.", "ab..e", "abcd.", "abc.e", "ab.de", "abcde", "~....", "ab~..", "ab..~", "abcd~", "ab.~~"} {
		if !shown[want] {
			t.Errorf("%s is not tried", want)
		}
	}
	if n := len(slices.Collect(l.Crashes(rand.New(rand.NewPCG(1, 1)), 20))); n > 24 {
		t.Errorf("%d crash images, with a budget of 20", n)
	}
}

// pages says which of the pages a to e are there: "ab.d." are three whole ones,
// "~" is a torn one.
func pages(t *testing.T, s *Store) string {
	t.Helper()
	all := ""
	for x := byte('a'); x <= 'e'; x++ {
		switch p := content(s, int64(x-'a')*pageBytes, pageBytes); p {
		case string(bytes.Repeat([]byte{x}, pageBytes)):
			all += string(x)
		case string(make([]byte, pageBytes)):
			all += "."
		default:
			for k := 0; k < pageBytes; k += SectorBytes {
				if p[k] != p[k+SectorBytes-1] {
					t.Fatalf("%c is torn inside a sector", x)
				}
			}
			all += "~"
		}
	}
	return all
}

func TestMoments(t *testing.T) {
	l := logged(t, byte('a'), Begin, byte('b'), Flush, End, byte('c'), Begin, byte('d'))
	want := []Moment{{}, {}, {Inside: true}, {Inside: true}, {Inside: true}, {Step: 1}, {Step: 1}, {Step: 1, Inside: true}, {Step: 1, Inside: true}}
	if got := l.Moments(); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestFaults: of a request that fails only the other pages are written, and in
// the log.
func TestFaults(t *testing.T) {
	d := NewDevice(16 * pageBytes)
	d.Record()
	bad := &Fault{Kind: Write, Fails: func(page []byte) bool { return page[0] == 'b' }}
	write := func(s string) syscall.Errno {
		var b []byte
		for _, c := range []byte(s) {
			b = append(b, bytes.Repeat([]byte{c}, pageBytes)...)
		}
		return d.Do(Entry{Kind: Write, Len: int64(len(b)), Data: b})
	}
	flush := func() syscall.Errno { return d.Do(Entry{Kind: Flush}) }
	got := []syscall.Errno{write("ooo"), flush()}
	d.SetFaults(bad, &Fault{Kind: Flush, Err: syscall.ENOSPC, Times: 2})
	got = append(got, write("aac"), write("dbd"), write("b"), flush(), flush(), flush())
	d.SetFaults()
	got = append(got, flush())
	if want := []syscall.Errno{0, 0, 0, syscall.EIO, syscall.EIO, syscall.ENOSPC, syscall.ENOSPC, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	b := make([]byte, 3*pageBytes)
	if d.ReadAt(b, 0); b[0] != 'd' || b[pageBytes] != 'a' || b[2*pageBytes] != 'd' {
		t.Errorf("written: %c %c %c", b[0], b[pageBytes], b[2*pageBytes])
	}
	d.Do(Entry{Kind: Discard, Off: 0, Len: pageBytes})
	if d.ReadAt(b[:1], 0); b[0] != 0 {
		t.Error("a discard left something")
	}
	if bad.Struck != 2 {
		t.Errorf("it struck %d times", bad.Struck)
	}
	l := d.Recorded()
	if w, f, x := l.Counts(); w != 4 || f != 3 || x != 1 {
		t.Errorf("the log has %d writes, %d flushes, %d discards", w, f, x)
	}
}

// TestHeldWritesAreOvertaken: what was held takes effect after all that the
// device was asked for meanwhile, a flush too, so that a crash may lack it alone.
func TestHeldWritesAreOvertaken(t *testing.T) {
	d := NewDevice(16 * pageBytes)
	d.Record()
	write := func(off int64, fill byte) {
		d.Do(Entry{Kind: Write, Off: off, Len: pageBytes, Data: bytes.Repeat([]byte{fill}, pageBytes)})
	}
	d.Hold(time.Hour, func(e *Entry) bool { return e.Data[0] == 'a' })
	done := make(chan struct{})
	go func() {
		write(0, 'a')
		close(done)
	}()
	write(pageBytes, 'b')
	d.Do(Entry{Kind: Flush})
	d.Release()
	<-done
	l := d.Recorded()
	if len(l.Entries) != 3 || l.Entries[0].Data[0] != 'b' || l.Entries[1].Kind != Flush || l.Entries[2].Data[0] != 'a' {
		t.Errorf("the log is not b, flush, a: %v", l.Entries)
	}
	d.Hold(0, func(*Entry) bool { return true })
	write(0, 'c') // which the limit lets through
	d.Release()
	if got := content(d.store, 0, 1); got != "c" {
		t.Errorf("behind the limit the device has %q", got)
	}
}

// TestDataIsTorn: of few crash images among many writes, some tear what is worth
// tearing, and none tears the rest.
func TestDataIsTorn(t *testing.T) {
	d := NewDevice(64 * pageBytes)
	d.Do(Entry{Kind: Write, Len: pageBytes, Data: bytes.Repeat([]byte{'o'}, pageBytes)})
	d.Record()
	for i := range int64(20) {
		d.Do(Entry{Kind: Write, Off: (8 + i) * pageBytes, Len: pageBytes, Data: bytes.Repeat([]byte{1}, pageBytes)})
	}
	d.Do(Entry{Kind: Write, Len: pageBytes, Data: bytes.Repeat([]byte{'n'}, pageBytes)})
	l := d.Recorded()
	torn := func() (n int) {
		for c := range l.Crashes(rand.New(rand.NewPCG(1, 1)), 12) {
			if got := content(c.Store, 0, pageBytes); strings.Contains(got, "n") && strings.Contains(got, "o") {
				n++
			}
		}
		return n
	}
	if l.Tears = func(e *Entry) bool { return e.Data[0] == 'n' }; torn() == 0 {
		t.Error("nothing is torn")
	}
}
