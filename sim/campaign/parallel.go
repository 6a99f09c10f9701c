package campaign

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// inParallel calls f for 0 to n-1, on all processors. It ends early with ctx.
func inParallel(ctx context.Context, n int, f func(i int)) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := 0; i < n && ctx.Err() == nil; i++ {
		group.Go(func() error {
			if ctx.Err() == nil {
				f(i)
			}
			return nil
		})
	}
	_ = group.Wait() // none of them fails
}
