module powercut/vfs/kernel

go 1.26.0

require (
	github.com/hanwen/go-fuse/v2 v2.12.1
	golang.org/x/sys v0.50.0
	powercut v0.0.0-00010101000000-000000000000
)

require (
	github.com/spf13/afero v1.15.0 // indirect
	golang.org/x/text v0.28.0 // indirect
)

replace powercut => ../..
