package bench

import (
	"bytes"
	"fmt"
	"testing"
)

var sizes = []int{20 << 10, 256 << 10, 4 << 20}

func BenchmarkDiskAppendSync(b *testing.B) {
	for _, record := range []int{200, 4096} {
		for _, size := range sizes {
			for _, p := range peers {
				b.Run(fmt.Sprintf("append=%d/file=%dKiB/%s", record, size>>10, p.name), func(b *testing.B) {
					b.ReportAllocs()
					a := newAppender(p, size, record)
					for left := b.N; left > 0; {
						n := min(left, a.due())
						for range n {
							a.appendSync()
						}
						left -= n
						b.StopTimer()
						a.anew()
						b.StartTimer()
					}
				})
			}
		}
	}
}

func BenchmarkDiskImage(b *testing.B) {
	for _, size := range sizes {
		for _, p := range peers {
			if !p.crashes {
				continue
			}
			b.Run(fmt.Sprintf("file=%dKiB/%s", size>>10, p.name), func(b *testing.B) {
				i := newImager(p, size)
				b.ReportAllocs()
				for b.Loop() {
					i.image()
				}
			})
		}
	}
}

func BenchmarkDiskCycle(b *testing.B) {
	for _, p := range peers {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			record := bytes.Repeat([]byte("r"), 200)
			want := bytes.Repeat(record, cycleRecords)
			buffer := make([]byte, len(want)+1)
			for b.Loop() {
				cycle(p, record, want, buffer)
			}
		})
	}
}
