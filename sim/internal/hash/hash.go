// Package hash has the two functions that runs are summed up with. Their results
// are part of what a seed and a digest mean: they never change.
package hash

// Golden is 2^64 divided by the golden ratio, the step of splitmix64.
const Golden = 0x9e3779b97f4a7c15

// Offset is what an FNV-1a sum begins with, Prime what each step multiplies by.
const (
	Offset = 14695981039346656037
	Prime  = 1099511628211
)

// Mix64 is the finaliser of splitmix64: each bit of the result depends on every
// bit of z.
func Mix64(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Add goes on with an FNV-1a sum over the bytes of s.
func Add[T string | []byte](sum uint64, s T) uint64 {
	for i := range len(s) {
		sum = (sum ^ uint64(s[i])) * Prime
	}
	return sum
}
