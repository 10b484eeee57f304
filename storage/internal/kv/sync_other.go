//go:build !linux

package kv

import "os"

// syncFile makes what was written to f last.
func syncFile(f *os.File) error { return f.Sync() }
