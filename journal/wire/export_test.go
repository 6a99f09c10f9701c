package wire

// CompressedSize is the length of the compressed form of src, whether or not it
// is smaller.
func CompressedSize(src []byte) int { return len(appendRuns(nil, src, 2*len(src)+lengthSize)) }
