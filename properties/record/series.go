package record

// series are of samples.
var series = []Defect{
	{
		Engine: "prometheus tsdb", Module: "github.com/prometheus/tsdb", Has: "v0.0.0-20181003080831-0ce41118ed20",
		Report:   "https://github.com/prometheus/prometheus/issues/5660",
		What:     "the end of the log is zeros behind a crash: to open it panics",
		Promised: "that it can be opened",
		Dir:      "properties/record/tsdb", Test: "TestTSDBPanic5660",
	},
	{
		Engine: "prometheus tsdb", Module: "github.com/prometheus/tsdb", Has: "v0.0.0-20181003080831-0ce41118ed20",
		Report:   "https://github.com/prometheus/prometheus/issues/4058",
		What:     "meta.json of a block is not synced before it has its name: it can't be opened",
		Promised: "that it can be opened",
		Dir:      "properties/record/tsdb", Test: "TestTSDB4058",
	},
	{
		Engine: "prometheus tsdb", Module: "github.com/prometheus/tsdb", Has: "v0.7.1",
		Report:   "https://github.com/prometheus/prometheus/issues/3534",
		What:     "a block's directory gets its name before what is in it is durable: it can't be opened",
		Promised: "that it can be opened",
		Dir:      "properties/record/tsdb", Test: "TestTSDBNoMeta",
	},
	{
		Engine: "influxdb tsi1", Module: "github.com/influxdata/influxdb", Has: "v1.8.3",
		What:     "the manifest of an index is written over, and not synced: it can't be opened",
		Promised: "that it can be opened",
		Dir:      "properties/record/influx", Test: "TestTSIManifest",
	},
}
