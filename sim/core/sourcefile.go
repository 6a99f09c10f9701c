package core

import (
	"path/filepath"
	"sync"
)

// sourceFiles has, by the name that a Site gives a file, where it is on this machine.
// A binary that was built with -trimpath does not know.
var sourceFiles sync.Map

// noteSource takes down where the file of a site is.
func noteSource(site Site, file string) {
	if filepath.IsAbs(file) {
		sourceFiles.LoadOrStore(site.File, file)
	}
}

// SourceFile is where on this machine the file of a site is, or was when the binary
// was built; "" if nobody knows.
func SourceFile(site Site) string {
	file, _ := sourceFiles.Load(site.File)
	name, _ := file.(string)
	return name
}
