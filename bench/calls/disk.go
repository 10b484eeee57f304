package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// rawSync is what the disk can do: one thread writes 4 KiB after 4 KiB into a file that has its size already, each with
// a sync of its data.
func rawSync(dir string, d time.Duration) (p pace, err error) {
	const size, block = 16 << 20, 4 << 10
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return pace{}, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if _, err := f.Write(make([]byte, size)); err != nil {
		return pace{}, err
	}
	if err := f.Sync(); err != nil {
		return pace{}, err
	}
	page := make([]byte, block)
	return hammer(1, d, 1, func(_, n int) error {
		page[0] = byte(n)
		if _, err := f.WriteAt(page, int64(n)*block%size); err != nil {
			return err
		}
		return unix.Fdatasync(int(f.Fd()))
	})
}

// forget empties the system's cache of files, which only root may do.
func forget() error {
	syscall.Sync()
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0)
}

// inMemory reports whether a folder is on no disk.
func inMemory(dir string) bool {
	var s unix.Statfs_t
	return unix.Statfs(dir, &s) == nil && s.Type == unix.TMPFS_MAGIC
}

// sizeOf is what the files of a folder take on the disk.
func sizeOf(dir string) (total int64) {
	_ = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil //nolint:nilerr // what went away meanwhile takes no room
		}
		if info, err := e.Info(); err == nil {
			total += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return nil
	})
	return total
}
