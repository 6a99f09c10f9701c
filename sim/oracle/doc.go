// Package oracle judges what a storage engine gives back after a crash. It is for
// users of sim.Test: an oracle makes the calls of the engine that change
// something, remembers what each of them returned, and says whether what recovery
// finds is what that allows. [Map] is for an engine that keeps values by keys,
// [Log] for one that keeps entries in order.
//
//	sim.Test(t, sim.Config{}, func(r *sim.Run) {
//		kept := oracle.NewMap[string, string](r)
//		r.Workload(func(fs afero.Fs) error {
//			s, err := store.Open(fs, "/db")
//			…
//			return kept.Put("k", "v", func() error { return s.Put("k", "v") })
//		})
//		r.Recover(func(fs afero.Fs) error {
//			s, err := store.Open(fs, "/db")
//			…
//			return kept.Check(s.Get)
//		})
//	})
//
// A call is, at each moment, one of these:
//
//   - promised: it returned nil, and so its effect is durable: it is in every
//     state that may come back. With [BySync] only a Sync promises, namely what
//     had returned nil when the Sync began; until then a call is accepted.
//   - accepted: it returned nil, and its effect may be lost until a Sync.
//   - refused: it returned an error that says that nothing was done, see
//     [Classify]. Its effect is in no state that may come back, or be shown by an
//     engine that is running.
//   - indeterminate: it returned another error. Its effect may come back, or not.
//   - in flight: it has not returned, or did so when the power was off, so that
//     nobody heard of it. Its effect may come back, or not.
//
// What comes back must be what some of the calls leave, in some order: all that
// were promised, none that was refused, and of the others any. A call that had
// returned before another one began comes before it; of calls that overlap either
// may be the last one, as with a linearizable register. One that is in flight, or
// indeterminate, is over only when its epoch is. A batch has its whole effect or
// none. It does not matter which kind of crash it was: after the crash of a
// process alone what was written is often there though nothing promised it, and
// that is allowed, not asked for.
//
// What is wrong is reported under one of these laws, and the sentence names the
// first key or entry that is wrong (in the order in which calls named them), what
// was promised of it, when, and what came back:
//
//   - acknowledged-durable: something promised is lost, or an older value is back.
//   - async-prefix: the same with [BySync]; and a call came back without one that
//     had returned before it began, in a [Log] or with [Prefix].
//   - nothing-invented: something came back that no call did, that was refused, or
//     that came twice; a batch came back in part.
//
// With [Strict], errors are judged as well, and reported under two more:
//
//   - not-too-cautious: a call was refused, and nothing that the disk did was a reason.
//   - says-what-is-so: likewise, a call failed with an error that leaves open what came
//     of it.
//
// When a fault that lies or rots suspends the first two of all these (see
// sim.Run.Suspends), only nothing-invented is judged by, and by each key or entry alone.
//
// Values and entries must not be changed after they were handed over, but for
// slices of bytes, which are copied. Messages print them with fmt: a type that
// holds pointers wants a String method. Give each put a value of its own where you
// can: that an older value came back can be seen only if it differs.
package oracle
