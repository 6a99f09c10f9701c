package faults_test

import (
	"fmt"

	"powercut/faults"
	"powercut/vfs"
)

func ExampleParse() {
	plan, err := faults.Parse(`
# the third fsync of the log fails, as on ext4
drop-clean of *.log nth=3
no-space budget=65536
`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan)
	// Output:
	// # the third fsync of the log fails, as on ext4
	// drop-clean of *.log nth=3
	// no-space budget=64KiB
}

// A message says where, what was expected, and what would be right.
func ExampleParseError() {
	_, err := faults.Parse("drop-clean of *.log\nshort-wirte nth=3")
	fmt.Println(err)
	_, err = faults.Parse("drop-clean on write nth=3")
	fmt.Println(err)
	// Output:
	// faults: plan: line 2, column 1: want a kind of fault, got "short-wirte" (did you mean "short-write"?); for example: drop-clean of *.log nth=3
	// faults: plan: line 1, column 15: want operations that drop-clean can strike: sync,syncdir, got "write"; for example: drop-clean of *.log nth=3
}

// A disk asks the injector about each operation. Afterwards the injector tells
// what struck, as a plan that needs no luck to do it again.
func ExampleInjector() {
	plan, err := faults.Parse("short-write of *.log nth=2\nread-error")
	if err != nil {
		fmt.Println(err)
		return
	}
	in := faults.NewInjector(plan, stream{state: 1}.source())
	for seq := uint64(1); seq <= 3; seq++ {
		out := in.Inject(vfs.Op{Seq: seq, Kind: vfs.OpWrite, Path: "/wal.log", Len: 100})
		fmt.Println(seq, out.Err)
	}
	fmt.Print(in.Fired())
	fmt.Println("never struck:", in.NeverFired())
	// Output:
	// 1 <nil>
	// 2 input/output error
	// 3 <nil>
	// short-write of /wal.log seq=2 errno=EIO n=92
	// never struck: [read-error]
}

// Every run gets another plan. Kinds that make a law impossible to keep say so.
func ExampleMix() {
	mix := faults.Mix{Paths: []string{"*.log", "*.qdb*"}, SuspendingOneIn: 1}
	src := stream{state: 85}.source()
	for range 3 {
		fmt.Print(mix.Plan(src), "--\n")
	}
	// Output:
	// # no faults in this run
	// --
	// rename-error nth=3 after
	// write-error from=27 until=31
	// # suspends async-prefix/process-crash, space-returns
	// drop-page p=1/6 times=1
	// evict on read of *.qdb* p=1/3
	// --
	// # no faults in this run
	// --
}

func ExamplePlan_Suspends() {
	plan, _ := faults.Parse("lying-sync of *.log")
	fmt.Println(plan.Suspends("acknowledged-durable"), plan.Suspends("fail-stop"))
	// Output: true false
}
