//go:build !windows && !plan9 && !solaris && !aix && !android

package kv

import (
	"os"
	"syscall"
)

// closeFile closes a file that bbolt could not, and gives its lock back: closing
// alone would not, as the mapping that bbolt has left keeps the lock.
func closeFile(f *os.File) error {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // f may be closed already
	return f.Close()
}
