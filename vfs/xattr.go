package vfs

import (
	"slices"
	"strings"
)

// Xattrs are the extended attributes of a file, directory or symbolic link. An open
// file or directory implements it; Disk.XattrsAt is for a path. A change is an OpChmod,
// and a look an OpStat. Attributes are pending like modes, see the package comment.
type Xattrs interface {
	// SetXattr gives an attribute a value. Its name begins with "user." or "trusted.":
	// any other is refused with EOPNOTSUPP, and so is "user." of a symbolic link with
	// EPERM.
	SetXattr(attr string, value []byte, flags XattrFlags) error
	// GetXattr returns a value, and ENODATA where there is no such attribute.
	GetXattr(attr string) ([]byte, error)
	// ListXattrs returns the names of all attributes, in order.
	ListXattrs() ([]string, error)
	// RemoveXattr takes an attribute away, and returns ENODATA where there is none.
	RemoveXattr(attr string) error
}

var _ Xattrs = (*handle)(nil)

// XattrFlags are those of Linux's setxattr.
type XattrFlags int

// The flags, of which one may be given.
const (
	XattrCreate  XattrFlags = 1 // the attribute must be new
	XattrReplace XattrFlags = 2 // it must be there
)

// Xattr is an extended attribute.
type Xattr struct {
	Name  string
	Value []byte // never changed
}

// The bounds of Linux: bytes of a name with its prefix, and of a value.
const (
	maxXattrName  = 255
	maxXattrValue = 65536
)

// maxXattrs is what all attributes of a file may take together, as on an ext4 where they
// must fit into a block, and xattrsInInode what of that needs no block.
const (
	maxXattrs     = 4060
	xattrsInInode = 96
)

// XattrsAt returns the attributes of what is at a path: of a symbolic link at its end,
// those of the link if follows is false.
func (d *Disk) XattrsAt(name string, follows bool) Xattrs {
	last := lookLink
	if follows {
		last = followLink
	}
	return &xattrsAt{d, name, last}
}

type xattrsAt struct {
	d    *Disk
	name string
	last lastLink
}

// on runs the body of an operation on what is at the path, unless its arguments are
// wrong whatever that is.
func (x *xattrsAt) on(what string, kind OpKind, wrong error, body func(*node) error) error {
	d, op := x.d, Op{Kind: kind, Path: cleanPath(x.name)}
	var out Outcome
	err := d.begin(&op, &out)
	err = d.change(&out, err, func() error {
		switch {
		case isUnspeakable(x.name):
			return errInvalid
		case wrong != nil:
			return wrong
		}
		p, err := d.find(x.name, x.last)
		if err != nil {
			return err
		}
		return body(p.node)
	})
	if err != nil {
		err = pathError(what, x.name, err)
	}
	d.end(&op, &out, 0, err)
	return err
}

// onXattrs is on for a handle.
func (f *handle) onXattrs(what string, kind OpKind, wrong error, body func(*node) error) error {
	op := Op{Kind: kind}
	var out Outcome
	err := f.begin(&op, &out)
	err = f.d.change(&out, err, func() error {
		if wrong != nil {
			return wrong
		}
		return body(f.n)
	})
	err = f.fail(what, err)
	f.end(&op, &out, 0, err)
	return err
}

// SetXattr implements Xattrs.
func (x *xattrsAt) SetXattr(attr string, value []byte, flags XattrFlags) error {
	return x.on("setxattr", OpChmod, wrongXattr(attr, value, flags), func(n *node) error { return x.d.setXattr(n, attr, value, flags) })
}

// SetXattr implements Xattrs.
func (f *handle) SetXattr(attr string, value []byte, flags XattrFlags) error {
	return f.onXattrs("setxattr", OpChmod, wrongXattr(attr, value, flags), func(n *node) error { return f.d.setXattr(n, attr, value, flags) })
}

// GetXattr implements Xattrs.
func (x *xattrsAt) GetXattr(attr string) (value []byte, err error) {
	err = x.on("getxattr", OpStat, wrongXattr(attr, nil, 0), func(n *node) error { value, err = n.xattr(attr); return err })
	return value, err
}

// GetXattr implements Xattrs.
func (f *handle) GetXattr(attr string) (value []byte, err error) {
	err = f.onXattrs("getxattr", OpStat, wrongXattr(attr, nil, 0), func(n *node) error { value, err = n.xattr(attr); return err })
	return value, err
}

// ListXattrs implements Xattrs.
func (x *xattrsAt) ListXattrs() (names []string, err error) {
	err = x.on("listxattr", OpStat, nil, func(n *node) error { names = n.xattrNames(); return nil })
	return names, err
}

// ListXattrs implements Xattrs.
func (f *handle) ListXattrs() (names []string, err error) {
	err = f.onXattrs("listxattr", OpStat, nil, func(n *node) error { names = n.xattrNames(); return nil })
	return names, err
}

// RemoveXattr implements Xattrs.
func (x *xattrsAt) RemoveXattr(attr string) error {
	return x.on("removexattr", OpChmod, wrongXattr(attr, nil, 0), func(n *node) error { return x.d.removeXattr(n, attr) })
}

// RemoveXattr implements Xattrs.
func (f *handle) RemoveXattr(attr string) error {
	return f.onXattrs("removexattr", OpChmod, wrongXattr(attr, nil, 0), func(n *node) error { return f.d.removeXattr(n, attr) })
}

// wrongXattr says what is wrong with the arguments of a call, whatever file it is about.
func wrongXattr(attr string, value []byte, flags XattrFlags) error {
	switch {
	case flags&^(XattrCreate|XattrReplace) != 0:
		return errInvalid
	case attr == "" || len(attr) > maxXattrName:
		return errRange
	case strings.IndexByte(attr, 0) >= 0:
		return errInvalid
	case len(value) > maxXattrValue:
		return errTooBig
	}
	return nil
}

// checkXattr says what is wrong with the name of an attribute of a file. Where several
// reasons apply it gives the one that Linux does; what is neither file nor directory
// can't have a user's attributes.
func (n *node) checkXattr(attr string, unless error) error {
	user := strings.HasPrefix(attr, "user.")
	switch {
	case user && n.isLink():
		return unless
	case !user && !strings.HasPrefix(attr, "trusted."):
		return errNotSupported
	case attr == "user." || attr == "trusted.":
		return errInvalid
	}
	return nil
}

func (n *node) findXattr(attr string) (int, bool) {
	return slices.BinarySearchFunc(n.xattrs, attr, func(x Xattr, name string) int { return strings.Compare(x.Name, name) })
}

func (n *node) xattr(attr string) ([]byte, error) {
	if err := n.checkXattr(attr, errNoAttribute); err != nil {
		return nil, err
	}
	i, found := n.findXattr(attr)
	if !found {
		return nil, errNoAttribute
	}
	return slices.Clone(n.xattrs[i].Value), nil
}

func (n *node) xattrNames() []string {
	names := make([]string, len(n.xattrs))
	for i := range n.xattrs {
		names[i] = n.xattrs[i].Name
	}
	return names
}

// setXattr gives an attribute a value.
func (d *Disk) setXattr(n *node, attr string, value []byte, flags XattrFlags) error {
	if failed := d.of(&n.inode).failed; failed != nil {
		return failed
	}
	if err := n.checkXattr(attr, errPermission); err != nil {
		return err
	}
	i, found := n.findXattr(attr)
	switch {
	case found && flags&XattrCreate != 0:
		return errExist
	case !found && flags&XattrReplace != 0:
		return errNoAttribute
	}
	with := slices.Clone(n.xattrs)
	if !found {
		with = slices.Insert(with, i, Xattr{Name: attr})
	}
	with[i].Value = slices.Clone(value)
	if err := d.mayHaveXattrs(n, with); err != nil {
		return err
	}
	d.changeAttributes(n, attributes{n.mode, with}, attr)
	return nil
}

func (d *Disk) removeXattr(n *node, attr string) error {
	if failed := d.of(&n.inode).failed; failed != nil {
		return failed
	}
	if err := n.checkXattr(attr, errPermission); err != nil {
		return err
	}
	i, found := n.findXattr(attr)
	if !found {
		return errNoAttribute
	}
	with := slices.Delete(slices.Clone(n.xattrs), i, i+1)
	if err := d.mayHaveXattrs(n, with); err != nil {
		return err
	}
	d.changeAttributes(n, attributes{n.mode, with}, attr)
	return nil
}

// xattrBytes is what attributes take, as ext4 lays them out.
func xattrBytes(list []Xattr) (total int) {
	const entry = 16
	for _, x := range list {
		_, name, _ := strings.Cut(x.Name, ".")
		total += entry + (len(name)+3)&^3 + (len(x.Value)+3)&^3
	}
	return total
}

// xattrSum hashes attributes, zero for none.
func xattrSum(list []Xattr) (total sum) {
	for _, x := range list {
		name, value := sumBytes([]byte(x.Name)), sumBytes(x.Value)
		total = total.add(sumOf(name[0], name[1], value[0], value[1], uint64(len(x.Value))))
	}
	return total
}
