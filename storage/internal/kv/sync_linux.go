package kv

import (
	"os"
	"syscall"
)

// syncFile makes what was written to f last, with as much of its size as it takes
// to read it again.
func syncFile(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		for failed = syscall.EINTR; failed == syscall.EINTR; {
			failed = syscall.Fdatasync(int(fd))
		}
	})
	if failed != nil {
		return os.NewSyscallError("fdatasync", failed)
	}
	return err
}
