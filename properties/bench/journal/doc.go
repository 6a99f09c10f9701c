// Package journal measures the journal beside floors and peers: the same
// entries, the same promise, the same loop.
//
// A floor is what the hardware and the kernel allow to a program that does
// nothing but the call in question, such as a bare write of as many bytes as
// the journal writes. A peer is a log of another project, used in the way that
// its documentation shows. A contestant is any of them, or the journal.
//
// A promise says what is true when an append returns:
//
//   - buffered: nothing. The entry may still be in the process.
//   - process: the bytes were passed to the kernel by a write. They survive the
//     death of the process.
//   - power: they were made durable by an fsync or fdatasync that began after
//     they were written. They survive a power cut.
//
// Only contestants with one promise are compared; a buffered one has that word
// in its name. The tests prove that each of them stores and returns what was
// acknowledged, so that none is fast because it does nothing.
//
// Every entry is one serialised value of random bytes, which no compression
// makes smaller. The journal accepts nothing else; to the others it is bytes.
package journal
