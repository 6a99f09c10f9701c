// Package influx tests an index of influxdb. It is a module of its own: what influxdb
// requires would change the versions of others.
package influx

import (
	"errors"
	"fmt"
	"testing"

	"github.com/influxdata/influxdb/models"
	"github.com/influxdata/influxdb/tsdb"
	"github.com/influxdata/influxdb/tsdb/index/tsi1"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// with opens a file of series and an index over it, and does something with that.
func with(dir string, do func(*tsi1.Index) error) error {
	series := tsdb.NewSeriesFile(dir + "/_series")
	if err := series.Open(); err != nil {
		return err
	}
	index := tsi1.NewIndex(series, "db", tsi1.WithPath(dir+"/index"), tsi1.WithMaximumLogFileSize(1))
	index.PartitionN = 1
	if err := index.Open(); err != nil {
		return errors.Join(err, series.Close())
	}
	return errors.Join(do(index), index.Close(), series.Close())
}

// run is a test of an index: series are made, and the log of those is made a file of the
// index. Whatever a power cut leaves, it must open.
func run(r *sim.Run) {
	opened := false
	sim.Remember(r, &opened)
	r.WorkloadDir(func(dir string) error {
		return with(dir, func(index *tsi1.Index) error {
			opened = true
			for i := range 4 {
				name := []byte(fmt.Sprintf("series%d", i))
				if err := index.CreateSeriesListIfNotExists([][]byte{name}, [][]byte{name}, []models.Tags{nil}); err != nil {
					return err
				}
				index.Wait()
			}
			return nil
		})
	})
	r.RecoverDir(func(dir string) error {
		if !opened {
			return nil
		}
		return with(dir, func(*tsi1.Index) error { return nil })
	})
}

// The manifest is written over, and not synced.
func TestTSIManifest(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, run, "unexpected end of JSON input")
}
