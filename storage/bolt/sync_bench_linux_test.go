package bolt_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkSync is what a transition of a single writer cannot be faster than: to write a page of a file that is
// allocated, and to sync it. Run it together with BenchmarkTransition, for disks are not the same from hour to hour.
func BenchmarkSync(b *testing.B) {
	const page, size = 4096, 32 << 20
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	require.NoError(b, err)
	defer f.Close()
	_, err = f.Write(make([]byte, size))
	require.NoError(b, err)
	require.NoError(b, f.Sync())
	data := make([]byte, page)
	b.ResetTimer()
	for n := range b.N {
		data[0] = byte(n)
		_, err := f.WriteAt(data, int64(n)*page%size)
		require.NoError(b, err)
		require.NoError(b, syscall.Fdatasync(int(f.Fd())))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "syncs/s")
}
