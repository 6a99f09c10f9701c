package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/afero"

	"powercut/journal"
)

func archiveSeries(scratch string) []series {
	l := newLab(scratch)
	thousand := halfDecades(1, 1000)
	of := func(name string, prepare func(n int) (*subject, error)) series {
		return series{group: groupJournal, name: name, of: "archives", sizes: thousand, prepare: prepare}
	}
	return []series{
		of("rolls", l.rolling),
		of("open and close", func(n int) (*subject, error) {
			return l.archived(n, false, func(dir string) error { return l.reopen(dir, nothing{}) })
		}),
		of("open and close, all below a snapshot", func(n int) (*subject, error) {
			return l.archived(n, true, func(dir string) error { return l.reopen(dir, nothing{}) })
		}),
		of("inspect all", func(n int) (*subject, error) { return l.archived(n, false, l.inspectAll) }),
		of("read all", func(n int) (*subject, error) { return l.archived(n, false, l.readAll) }),
		of("prune", l.pruning),
	}
}

// withArchives makes a journal of n archives with an entry each, open.
func (l *lab) withArchives(n int) (j *journal.Journal, dir string, err error) {
	if dir, err = l.folder(); err != nil {
		return nil, "", err
	}
	if j, err = l.open(dir, nothing{}, journal.Async); err != nil {
		return nil, "", err
	}
	return j, dir, roll(j, n)
}

func roll(j *journal.Journal, n int) error {
	e := payload()
	for range n {
		if _, err := j.Append(ctx, e); err != nil {
			return err
		}
		if err := j.Roll(ctx); err != nil {
			return err
		}
	}
	return nil
}

// rolling appends and rolls n times.
func (l *lab) rolling(n int) (*subject, error) {
	var j *journal.Journal
	var dir string
	end := func() error {
		if j == nil {
			return nil
		}
		return errors.Join(j.Close(), os.RemoveAll(dir))
	}
	return &subject{
		before: func() (err error) {
			if err := end(); err != nil {
				return err
			}
			j, dir, err = l.withArchives(0)
			return err
		},
		run: func() error { return roll(j, n) },
		end: end,
	}, nil
}

// archived is a subject of what is done to a closed journal with n archives.
func (l *lab) archived(n int, snapshot bool, run func(dir string) error) (*subject, error) {
	j, dir, err := l.withArchives(n)
	if err != nil {
		return nil, err
	}
	if snapshot {
		err = j.Snapshot(ctx)
	}
	if err := errors.Join(err, j.Close()); err != nil {
		return nil, err
	}
	return &subject{run: func() error { return run(dir) }, end: func() error { return os.RemoveAll(dir) }}, nil
}

func (l *lab) inspectAll(dir string) error {
	logs, err := filepath.Glob(filepath.Join(dir, "j*.log"))
	for _, log := range logs {
		for _, err := range journal.Inspect(l.fs, log) {
			if err != nil {
				return err
			}
		}
	}
	return err
}

// readAll opens, reads every entry and closes.
func (l *lab) readAll(dir string) error {
	j, err := l.open(dir, nothing{}, journal.Async)
	if err != nil {
		return err
	}
	last := uint64(0)
	for e, err := range j.Read(1) {
		if err != nil {
			return err
		}
		last = e.LSN
	}
	if last != j.LastLSN() {
		return fmt.Errorf("read up to LSN %d of %d", last, j.LastLSN())
	}
	return j.Close()
}

// pruning prunes n archives, which are copied into place anew each time.
func (l *lab) pruning(n int) (*subject, error) {
	j, dir, err := l.withArchives(n)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(j.Snapshot(ctx), j.Close()); err != nil {
		return nil, err
	}
	var open *journal.Journal
	var copied string
	end := func() error {
		if open == nil {
			return nil
		}
		return errors.Join(open.Close(), os.RemoveAll(copied))
	}
	return &subject{
		before: func() (err error) {
			if err := end(); err != nil {
				return err
			}
			if copied, err = l.folder(); err != nil {
				return err
			}
			if err := copyFiles(l.fs, dir, copied); err != nil {
				return err
			}
			open, err = l.open(copied, nothing{}, journal.Async)
			return err
		},
		run: func() error { return open.Prune(ctx) },
		end: func() error { return errors.Join(end(), os.RemoveAll(dir)) },
	}, nil
}

func copyFiles(fs afero.Fs, from, to string) error {
	infos, err := afero.ReadDir(fs, from)
	if err != nil {
		return err
	}
	for _, info := range infos {
		content, err := afero.ReadFile(fs, filepath.Join(from, info.Name()))
		if err != nil {
			return err
		}
		if err := afero.WriteFile(fs, filepath.Join(to, info.Name()), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
