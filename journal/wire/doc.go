// Package wire reads and writes the bytes that a journal is made of: the
// header of a frame, the compression of a payload, and the serialised value
// that a payload is.
//
// The format is that of the rayforce database's journal and IPC, version 3,
// little-endian throughout. From the outside in:
//
//   - A frame is a 16-byte header and a payload.
//   - A compressed payload is a u32 length and a stream of runs and literals
//     over byte differences: see [Compress] and [Decompress].
//   - A payload is one serialised value: see [Value], [Decode] and [Encode].
//
// # Values
//
// A value begins with its type byte. A negative type is an atom, one element
// of that type; a positive one is a vector of them, or a compound.
//
//	0x7e                        null
//	-1 bool, -2 u8              type, flags, 1 byte
//	-3 i16                      type, flags, 2 bytes
//	-4 i32, -6 f32              type, flags, 4 bytes
//	-8 date, -9 time            type, flags, 4 bytes (days since 2000-01-01; milliseconds)
//	-5 i64, -7 f64              type, flags, 8 bytes
//	-10 timestamp               type, flags, 8 bytes (nanoseconds since 2000-01-01)
//	-11 guid                    type, flags, 16 bytes
//	-12 symbol                  type, flags, name, 0
//	-13 string                  type, flags, i64 length, bytes
//	1 to 11                     type, attrs, i64 count, elements
//	12 symbols                  type, attrs, i64 count, then name and 0 for each
//	13 strings                  type, attrs, i64 count, then i64 length and bytes for each
//	0 list                      type, attrs, i64 count, values
//	98 table                    type, attrs, names (a vector), columns (a list)
//	99 dictionary               type, attrs, keys, values
//	100 lambda                  type, attrs, parameters, body, and a dictionary if attrs has bit 0
//	101, 102, 103 builtin       type, name, 0
//
// Flags of an atom: bit 0 says that it is the null of its type, bit 5 that a
// symbol stands for itself and not for the variable of that name. Both bytes,
// and the value bytes of a null, are kept as they were read, so that encoding
// a decoded value gives back the same bytes.
//
// Every other type byte is refused, as the original refuses it, and so is the
// error object (127), which the original decodes only to report it. Bytes
// after the value are not looked at, as the original does not look at them.
// In one thing this package is stricter: a list with fewer elements than it
// claims is refused, where the original fills it up with nulls.
//
// # Hostile input
//
// Nothing here panics on any bytes. [Decode] allocates only after [Check],
// which allocates nothing, has found the whole value present; a decoded value
// takes at most 16 bytes of memory for each byte of payload. [Decompress]
// allocates only after it has followed the stream to its end.
package wire
