package vfs

// A selection is one lawful outcome of a power cut, in terms of a disk's
// pending effects.
type selection struct {
	profile Profile
	names   nameSet
	bounds  *nameBounds     // that the names obey
	files   []fileSelection // of the dirty files that have a name then, by inode number
}

type fileSelection struct {
	n       *node
	variant *fileVariant // that it obeys
	nth     int          // and which of the file's variants that is
	size    int64
	unit    int64 // bytes
	pages   []pageSelection
}

// pageSelection is what each unit of a page shows. No units is a hole.
type pageSelection struct {
	index uint64
	units []unitVersion
	// reused are the pages that a foreign unit may be of.
	reused []foreignPage
}

// unitVersion is an effect, base, or one of the below.
type unitVersion int

const (
	zeros        unitVersion = -2 // nothing was ever written there
	firstForeign unitVersion = -3 // and below: pageSelection.reused[firstForeign-v]
)
