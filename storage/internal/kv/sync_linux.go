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

// createUncached is create for a file that is written to past the system's cache, in whole pages from pages of memory,
// if its file system and its disk can do that with pages of recordPage.
func createUncached(path string) (*os.File, error) {
	f, err := create(path, syscall.O_DIRECT)
	if err == nil {
		if _, err = f.WriteAt(pages(recordPage), 0); err == nil {
			return f, nil
		}
		_ = f.Close()
	}
	return create(path, 0)
}
