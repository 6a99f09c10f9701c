// Command player has the engines that a case can name, and does with cases what is
// asked for over its line: it is what a page that simrun explain --player writes has in
// it, compiled to WebAssembly.
package main

import (
	"fmt"
	"os"

	"powercut/properties"
	"powercut/sim/worker"
)

func main() {
	orders, notes, is, err := worker.Inherited()
	if err == nil && !is {
		err = fmt.Errorf("nobody gives orders: simrun explain CASE --player FILE makes a page that does")
	}
	if err == nil {
		err = worker.Serve(orders, notes, &worker.Host{Find: properties.FindTarget})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "player:", err)
		os.Exit(2)
	}
}
