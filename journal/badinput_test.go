package journal_test

import (
	"errors"
	iofs "io/fs"
	"os"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
)

func TestOpenBadInput(t *testing.T) {
	fs := newFs(t)
	must(t, afero.WriteFile(fs, "/data/file", []byte("x"), 0o644))
	must(t, fs.MkdirAll("/data/d.log", 0o755))
	must(t, fs.MkdirAll("/data/q.qdb", 0o755))
	m := func() journal.Machine { return &recorder{} }
	for _, tc := range []struct {
		name string
		fs   afero.Fs
		base string
		m    journal.Machine
		opts journal.Options
		want error
		says string
	}{
		{"empty base", fs, "", m(), journal.Options{}, journal.ErrBadInput, "empty"},
		{"base that is a directory", fs, "/data/", m(), journal.Options{}, journal.ErrBadInput, "/data/"},
		{"dot", fs, "/data/..", m(), journal.Options{}, journal.ErrBadInput, ".."},
		{"zero byte", fs, "/data/a\x00b", m(), journal.Options{}, journal.ErrBadInput, "zero byte"},
		{"no directory", fs, "/nowhere/j", m(), journal.Options{}, iofs.ErrNotExist, "/nowhere/j"},
		{"file for a directory", fs, "/data/file/j", m(), journal.Options{}, nil, "/data/file"},
		{"directory for a log", fs, "/data/d", m(), journal.Options{}, journal.ErrBadInput, "d.log"},
		{"directory for a snapshot", fs, "/data/q", m(), journal.Options{}, journal.ErrBadInput, "q.qdb"},
		{"no machine", fs, base, nil, journal.Options{}, journal.ErrBadInput, "machine"},
		{"no filesystem", nil, base, m(), journal.Options{}, journal.ErrBadInput, "filesystem"},
		{"mode", fs, base, m(), journal.Options{Mode: 9}, journal.ErrBadInput, "mode"},
		{"batch", fs, base, m(), journal.Options{MaxBatchBytes: -1}, journal.ErrBadInput, "batch"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := journal.Open(tc.fs, tc.base, tc.m, tc.opts)
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want %v naming %q", err, tc.want, tc.says)
			}
		})
	}
}

func TestAppendBadInput(t *testing.T) {
	j, _, _ := mustOpen(t, newFs(t), journal.Options{})
	deep := []byte{}
	for range wire.MaxDepth + 1 {
		deep = append(deep, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
	}
	for name, tc := range map[string]struct {
		payload []byte
		want    error
	}{
		"empty":         {nil, journal.ErrBadInput},
		"cut short":     {[]byte{0xf3, 0, 200, 0, 0}, wire.ErrTruncated},
		"unknown type":  {[]byte{0x7d}, wire.ErrUnknownType},
		"too deep":      {append(deep, 0x7e), wire.ErrTooDeep},
		"marker":        {wire.Encode(wire.Bytes([]byte(wire.MarkerMagic + "forged"))), journal.ErrBadInput},
		"over 256 MiB":  {make([]byte, wire.MaxPayload+1), journal.ErrTooLarge},
		"whole marker":  {wire.AppendMarker(nil, &wire.Marker{Kind: wire.Commit})[wire.HeaderSize:], journal.ErrBadInput},
		"only the head": {[]byte{2, 0, 200, 0, 0, 0, 0, 0, 0, 0}, wire.ErrCount},
	} {
		if _, err := j.Append(bg, journal.Entry{Payload: tc.payload}); !errors.Is(err, journal.ErrRefused) || !errors.Is(err, tc.want) && name != "only the head" {
			t.Errorf("%s: got %v, want %v and %v", name, err, journal.ErrRefused, tc.want)
		}
		if _, err := j.AppendAsync(journal.Entry{Payload: tc.payload}); !errors.Is(err, journal.ErrRefused) {
			t.Errorf("%s: AppendAsync: got %v", name, err)
		}
	}
	mustAppend(t, j, number(1))
	if got := j.LastLSN(); got != 1 {
		t.Errorf("last LSN: got %d, want 1: refused entries take none", got)
	}
	must(t, j.Close())
	for name, call := range map[string]func() error{
		"Append":   func() error { _, err := j.Append(bg, number(1)); return err },
		"Sync":     func() error { return j.Sync(bg) },
		"Snapshot": func() error { return j.Snapshot(bg) },
		"Roll":     func() error { return j.Roll(bg) },
		"Prune":    func() error { return j.Prune(bg) },
		"Close":    j.Close,
		"Read": func() error {
			for _, err := range j.Read(1) {
				return err
			}
			return nil
		},
	} {
		if err := call(); !errors.Is(err, journal.ErrClosed) {
			t.Errorf("%s after Close: got %v, want %v", name, err, journal.ErrClosed)
		}
	}
}

func TestReadOnlyDirectoryForOs(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/j.lock", 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, err := journal.Open(afero.NewOsFs(), dir+"/j", &recorder{}, journal.Options{}); err == nil || !strings.Contains(err.Error(), "lock") {
		t.Errorf("a directory for a lock file: got %v", err)
	}
}
