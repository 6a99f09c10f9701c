// Package tight judges trees by a profile of which one allowance was taken away:
// what only that allowance makes lawful shows how much rests on it. It is for the
// validator, and no part of what vfs offers.
package tight

// Allowance is something that a profile allows and that can be taken away.
type Allowance struct {
	Name  string
	About string
}

// Allowances lists those of a profile. vfs sets it.
var Allowances func(profile uint8) []Allowance

// Accepts says whether a *vfs.Disk may leave a tree under a profile without an
// allowance. vfs sets it.
var Accepts func(disk any, profile uint8, without string, tree map[string][]byte) bool
