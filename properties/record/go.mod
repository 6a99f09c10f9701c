module powercut/properties/record

go 1.26.0

require powercut v0.0.0

require (
	github.com/petermattis/goid v0.0.0-20261109124353-7cfa343ad0ab // indirect
	github.com/spf13/afero v1.15.0 // indirect
	golang.org/x/sync v0.25.0 // indirect
	golang.org/x/text v0.28.0 // indirect
)

replace powercut => ../..
