package datadir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// LockedError says that another process has the data open.
type LockedError struct {
	Dir Dir
	PID int // 0 when it is not known
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("another voki serves %s", e.Dir)
	}
	return fmt.Sprintf("another voki serves %s (pid %d)", e.Dir, e.PID)
}

// Lock is the right to open the data. The system gives it back when the process ends, however it ends.
type Lock struct {
	dir  Dir
	file *os.File
}

// errHeld is what flock returns for a lock that another process holds.
var errHeld = errors.New("held by another process")

// Lock takes the right to open the data. It returns a *[LockedError] at once if another process has it.
func (d Dir) Lock() (*Lock, error) { return d.lock(os.O_CREATE) }

// LockUsed is Lock for a directory that was locked before: in any other it makes nothing and returns an
// [fs.ErrNotExist].
func (d Dir) LockUsed() (*Lock, error) { return d.lock(0) }

func (d Dir) lock(create int) (*Lock, error) {
	f, err := os.OpenFile(d.Path(lockName), os.O_RDWR|create, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := flock(f); err != nil {
		if errors.Is(err, errHeld) {
			err = &LockedError{Dir: d, PID: holder(f)}
		}
		return nil, errors.Join(err, f.Close())
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err == nil {
		err = d.removeTemps()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("data directory: %w", err), f.Close())
	}
	return &Lock{dir: d, file: f}, nil
}

// holder reads who has written himself into the lock.
func holder(f *os.File) int {
	content, _ := io.ReadAll(io.LimitReader(f, 32))
	pid, _ := strconv.Atoi(strings.TrimSpace(string(content)))
	return pid
}

// Release gives the right back.
func (l *Lock) Release() error { return l.file.Close() }

// Forget removes what is left of the lock of a directory that nobody else uses, before it is moved.
func (d Dir) Forget() error { return os.Remove(d.Path(lockName)) }

// Unused reports whether a directory is not there, or holds nothing but what processes leave that had it locked.
func (d Dir) Unused() (bool, error) {
	entries, err := os.ReadDir(string(d))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	for _, e := range entries {
		if e.Name() != lockName && e.Name() != SocketName && !strings.HasPrefix(e.Name(), TempPrefix) {
			return false, nil
		}
	}
	return err == nil, err
}
