package raftwal_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path"

	"github.com/hashicorp/raft-wal/types"
	"github.com/spf13/afero"
)

// meta is a types.MetaStore in a file, meta.json, that a rename replaces. raft-wal's
// own is a bbolt database, which opens its file with package os.
type meta struct {
	disk afero.Fs
	dir  string
	kept kept
}

type kept struct {
	State  types.PersistentState
	Stable map[string][]byte
}

func (m *meta) Load(dir string) (types.PersistentState, error) {
	m.dir = dir
	text, err := afero.ReadFile(m.disk, path.Join(dir, "meta.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return types.PersistentState{}, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m.kept)
	}
	return m.kept.State, err
}

func (m *meta) CommitState(state types.PersistentState) error {
	next := m.kept
	next.State = state
	return m.replace(next)
}

func (m *meta) GetStable(key []byte) ([]byte, error) { return m.kept.Stable[string(key)], nil }

func (m *meta) SetStable(key, value []byte) error {
	next := m.kept
	next.Stable = map[string][]byte{}
	maps.Copy(next.Stable, m.kept.Stable)
	next.Stable[string(key)] = value
	return m.replace(next)
}

func (m *meta) Close() error { return nil }

func (m *meta) replace(next kept) error {
	text, err := json.Marshal(next)
	if err != nil {
		return err
	}
	name := path.Join(m.dir, "meta.json")
	f, err := m.disk.Create(name + ".tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := m.disk.Rename(name+".tmp", name); err != nil {
		return err
	}
	m.kept = next
	d, err := m.disk.Open(m.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
