//go:build windows || plan9 || solaris || aix || android

package kv

import "os"

// closeFile closes a file that bbolt could not, and with it gives its lock back.
func closeFile(f *os.File) error { return f.Close() }
