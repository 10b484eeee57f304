//go:build !linux

package kv

import "os"

// syncFile makes what was written to f last.
func syncFile(f *os.File) error { return f.Sync() }

// createUncached is create: only on Linux the cache is passed.
func createUncached(path string) (*os.File, error) { return create(path, 0) }
