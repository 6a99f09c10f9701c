package rayfall

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"powercut/journal/wire"
)

// ErrNotSnapshot says that a payload, though it may be a value, is not an
// environment.
var ErrNotSnapshot = errors.New("not a snapshot")

// Snapshot returns the environment: a dictionary of names, in their order, to
// values.
func (m *Machine) Snapshot() ([]byte, error) {
	names := m.names()
	vals := make([]wire.Value, len(names))
	for i, name := range names {
		vals[i] = m.env[name]
	}
	return wire.Encode(wire.NewDict(names, vals)), nil
}

// Restore replaces the environment by one that Snapshot, or the original, wrote. On an
// error, which wraps [ErrNotSnapshot], nothing is changed: for what is no dictionary,
// and for one with a name that the original refuses to bind.
//
// As the original does, it leaves out a name that has no value, and all names if they
// are no vector of symbols. Skipped counts them.
func (m *Machine) Restore(payload []byte) (bindings int, err error) {
	v, err := decode(payload)
	if err != nil {
		return 0, fmt.Errorf("rayfall: restore: %w: %w", ErrNotSnapshot, err)
	}
	d, ok := v.(wire.Dict)
	if !ok {
		return 0, fmt.Errorf("rayfall: restore: %w: got %v, want a dictionary", ErrNotSnapshot, v.Kind())
	}
	r := restoring{env: map[string]wire.Value{}, doubtful: map[string]bool{}}
	if err := r.bindAll(d); err != nil {
		return 0, fmt.Errorf("rayfall: restore: %w: %w", ErrNotSnapshot, err)
	}
	m.env, m.doubt, m.skipped, m.skippedFirst = r.env, nil, r.skipped, r.first
	if len(r.doubtful) > 0 {
		m.doubt = &doubt{names: r.doubtful}
	}
	return r.bound, nil
}

// Skipped returns how many names of the snapshot that was restored last are not bound,
// and why the first of them is not.
func (m *Machine) Skipped() (names int, first error) { return m.skipped, m.skippedFirst }

// restoring is an environment that is made of a snapshot.
type restoring struct {
	env      map[string]wire.Value
	bound    int
	copied   int // entries of dictionaries, for names with a dot in them
	skipped  int
	first    error           // why the first of these was
	doubtful map[string]bool // names that the original binds otherwise
}

func (r *restoring) skip(n int, format string, args ...any) {
	if r.skipped == 0 {
		r.first = fmt.Errorf(format, args...)
	}
	r.skipped += n
}

func (r *restoring) bindAll(d wire.Dict) error {
	keys, ok := d.Keys.(wire.Symbols)
	if !ok {
		if n := count(d.Keys); n > 0 {
			r.skip(n, "the names are of kind %v, want symbols", d.Keys.Kind())
		}
		return nil
	}
	vals, ok := d.Vals.(wire.List)
	if !ok && count(d.Vals) > 0 && len(keys.Names) > 0 {
		return fmt.Errorf("got values of kind %v, want a list", d.Vals.Kind())
	}
	for i, name := range keys.Names {
		if i >= len(vals.Items) {
			r.skip(1, "%q has no value", name)
			continue
		}
		if err := r.bind(name, vals.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

// count returns how many elements a value has, 1 for an atom and 0 for nothing.
func count(v wire.Value) int {
	switch {
	case v.Kind() == wire.KindNull:
		return 0
	case isCollection(v):
		return length(v)
	}
	return 1
}

// hooks are the names of the system's that the original lets a program bind: what is
// called when somebody connects, sends, or leaves. They are never called here.
var hooks = []string{".ipc.on.open", ".ipc.on.close", ".ipc.on.sync", ".ipc.on.async", ".ipc.on.auth"}

// bind binds a name: the last one counts of several that are the same, and one with a
// dot in it is a path into a dictionary.
func (r *restoring) bind(name string, v wire.Value) error {
	head, rest, dotted := strings.Cut(name, ".")
	switch {
	case !dotted:
		r.env[name] = v
		r.bound++
		return nil
	case slices.Contains(hooks, name):
		r.skip(1, "%q is called by nobody here", name)
		return nil
	case head == "":
		return fmt.Errorf("%q is a name of the system's", name)
	case strings.Contains("."+rest+".", "..") || strings.Count(name, ".") > maxPath: // a name like any other in the original
		r.skip(1, "%q, a name with a dot in it", name)
		r.doubtful[name] = true
		return nil
	}
	bound, err := r.withPath(r.env[head], strings.Split(rest, "."), v)
	if err == nil {
		err = checkBindable(bound)
	}
	switch {
	case errors.Is(err, errNoDict), errors.Is(err, errKeys):
		return fmt.Errorf("%q: %w", name, err)
	case err != nil:
		r.skip(1, "%q: %w", name, err)
		r.doubtful[head] = true
		return nil
	}
	r.env[head] = bound
	r.bound++
	return nil
}

const (
	maxPath   = 254     // dots in a path
	maxCopied = 1 << 16 // entries of dictionaries, since each path into one copies it
)

var (
	errCopied  = errors.New("leads into a dictionary with too many others")
	errNoDict  = errors.New("leads into what is no dictionary")
	errKeys    = errors.New("leads into a dictionary with keys of another kind")
	errOddDict = errors.New("leads into a dictionary of another form")
)

// withPath returns a dictionary, nil for none yet, in which what stands at the end of a
// path of names is v.
func (r *restoring) withPath(in wire.Value, path []string, v wire.Value) (wire.Value, error) {
	if len(path) == 0 {
		return v, nil
	}
	if in == nil {
		in = wire.NewDict(nil, nil)
	}
	d, ok := in.(wire.Dict)
	if !ok {
		return nil, errNoDict
	}
	keys, symbols := d.Keys.(wire.Symbols)
	_, numbers := d.Keys.(wire.Vector)
	switch {
	case numbers:
		return nil, errKeys
	case !symbols || !isCollection(d.Vals) || len(keys.Names) != length(d.Vals):
		return nil, errOddDict
	}
	if r.copied += len(keys.Names); r.copied > maxCopied {
		return nil, errCopied
	}
	names, items := slices.Clone(keys.Names), make([]wire.Value, len(keys.Names))
	for i := range items {
		items[i] = element(d.Vals, i)
	}
	at := slices.Index(names, path[0])
	if at < 0 {
		at = len(names)
		names, items = append(names, path[0]), append(items, nil)
	}
	item, err := r.withPath(items[at], path[1:], v)
	if err != nil {
		return nil, err
	}
	items[at] = item
	return wire.Dict{Attrs: d.Attrs, Keys: wire.Symbols{Attrs: keys.Attrs, Names: names}, Vals: wire.List{Items: items}}, nil
}

// Clone returns a machine with the same bindings, which from here on are its
// own.
func (m *Machine) Clone() *Machine {
	c := New()
	maps.Copy(c.env, m.env) // values are immutable
	if m.doubt != nil {
		c.doubt = &doubt{any: m.doubt.any, names: maps.Clone(m.doubt.names)}
	}
	return c
}
