package main

// growthText stands before the table of growth. What it says of the reasons was
// found with profiles of the series that it names.
const growthText = "Time against size, the least of several repetitions. The exponent is the slope of log time over log size in the " +
	"upper half of the sizes: 1 is linear.\n\n" +
	"What grows faster than linearly, and why it is left so:\n\n" +
	"- **journal**: rolls, prunes and openings over many archives are system calls on a directory that grows, one or two for each archive.\n" +
	"- **files**, create and sync each: an fsync asks which of all the pending names btrfs would put in its log. A program that syncs " +
	"its directory now and then has few pending. The others are trees of names, copied as far as they change: log n, and memory that " +
	"no longer fits the caches.\n" +
	"- **writes**, images: each page is looked for in all pending writes of its file, which is quick as long as a file has fewer than " +
	"some thousands of them. Enumeration also makes images that turn out to be the same as others.\n" +
	"- **names**, enumeration and sync: for each operation that is left out, or kept alone, all the others are gone through.\n" +
	"- **simulator**, a run without crashes: 1.04 in another measurement, so that what is above 1 is mostly the machine."
