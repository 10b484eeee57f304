//go:build !unix

package datadir

import "os"

// flock leaves it to the lock of the database where the system has none of this kind.
func flock(*os.File) error { return nil }
