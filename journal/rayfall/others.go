package rayfall

import "strings"

// otherFunctions are those functions of the original that this package does not
// evaluate. A name with a dot is not listed: unknown takes every such name for one
// of the original's.
var otherFunctions = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range strings.Fields(`
		all  ann anti-join any  asin asof-join assert-fact acos atan avgs binr bot cos cos-dist cov cross
		datoms date dd de deltas delete dev_pop differ diverse dl-add-edb dl-eval dl-free dl-program
		dl-provenance dl-query dl-stratify doy dow env eval exit fill fills filter fkeys   fold-left
		fold-right fold-while format full-join guid hh hnsw-build hnsw-free hnsw-info hnsw-load hnsw-save
		inner-join inner-prod  knn l2-dist lag lead left-join  load  map-left map-right
		maxs mavg mcount mdev meta mins minute mm mmax mmin mode  msum mvar norm parse pearson_corr
		percentile pivot pmap pow prds print println prior prod pull quantile query   rand ratios rc
		read read-bytes read-csv reciprocal replace resolve retract-fact return rotate row rule scan scan-eav
		scan-left scan-right scov  ser show signum sin split ss stddev stddev_pop str-find str-join strlen
		substr sums sym-name tan time timeit times timestamp top trim  ungroup unify union-all
		  var var_pop wavg while window window-join window-join1 write write-bytes write-csv wsum
		xcol xcols xgroup xkey xrank yyyy`) {
		names[name] = true
	}
	return names
}()
