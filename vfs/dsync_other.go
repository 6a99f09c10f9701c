//go:build !linux && !darwin

package vfs

// dsyncFlag is Linux's: there is no portable one, and no other flag of package
// os has this bit on Windows or the BSDs.
const dsyncFlag = 0x1000_0000
