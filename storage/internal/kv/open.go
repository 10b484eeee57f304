package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

var (
	rowsBucket = []byte("rows")
	metaBucket = []byte("meta")
	versionKey = []byte("version") // in metaBucket: 4 bytes, big-endian
)

// defaultMaxSize is 256 GiB where addresses have 64 bits, else 1 GiB.
const defaultMaxSize = 1 << (30 + 8*(^uint(0)>>63))

// BoltOptions says how OpenBolt opens a file.
type BoltOptions struct {
	// Version is the format version of the rows, which the caller counts. It is
	// written to a new file. Defaults to 0.
	Version uint32

	// Migrate is called if the file's version is older, and brings its rows to
	// Version. Its writes and the new version are committed together. Defaults to
	// refusing the file with a VersionError.
	Migrate func(from uint32, w Writer) error

	// MaxSize is the greatest size of the file in bytes; about 16 MiB of it are
	// kept for the file's growth. The engine reserves as much address space, which
	// costs nothing except on Windows, where the file takes that size at once.
	// Defaults to 256 GiB, and to 1 GiB on Windows and with 32-bit addresses.
	MaxSize int
}

// OpenBolt opens the file, which it makes if there is none, readable by its owner
// alone, and makes a journal beside it, in files whose names begin with path and
// ".journal". What a process that has died has left in the journal is put into the
// file first. OpenBolt returns an error that Is ErrLocked, at once, if the file is in
// use, or ErrDamaged, also for a journal that is not the file's, or that is a
// *VersionError.
func OpenBolt(path string, o BoltOptions) (*Bolt, error) {
	b, err := openBolt(path, o)
	if err != nil {
		return nil, fmt.Errorf("kv: open %s: %w", path, err)
	}
	return b, nil
}

func openBolt(path string, o BoltOptions) (*Bolt, error) {
	if o.MaxSize <= 0 {
		o.MaxSize = defaultMaxSize
		if runtime.GOOS == "windows" {
			o.MaxSize = 1 << 30
		}
	}
	b := &Bolt{
		commitTx: (*bbolt.Tx).Commit, maxSize: o.MaxSize,
		tip: newHotRows(), cuts: make(chan *hotRows, 1), filed: make(chan struct{}),
	}
	close(b.filed)
	b.now.hot = newHotRows()
	err := b.openFile(path, o.MaxSize)
	if err != nil {
		return nil, err
	}
	m, err := b.prepare(path, o)
	if err == nil {
		b.now.cold, err = openSnapshot(b.db)
	}
	if err == nil {
		b.journal, err = newJournal(path, m)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		b.abandon()
		return nil, err
	}
	return b, nil
}

// openFile sets db and file.
func (b *Bolt) openFile(path string, maxSize int) error {
	err := Guard(func() (err error) {
		b.db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout:         time.Nanosecond, // one try
			FreelistType:    bbolt.FreelistMapType,
			InitialMmapSize: maxSize,
			MaxSize:         maxSize,
			NoStatistics:    true,
			OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
				b.file, err = os.OpenFile(name, flag, mode)
				return b.file, err
			},
		})
		return err
	})
	if err != nil {
		if b.file != nil {
			_ = closeFile(b.file) // does nothing unless bbolt has panicked
		}
		return openError(err)
	}
	b.step = b.db.AllocSize
	return nil
}

// abandon closes the file after an error that is worth more than one of closing.
func (b *Bolt) abandon() {
	if b.journal != nil {
		_ = b.journal.remove()
	}
	if b.now.cold != nil {
		b.now.cold.release()
	}
	if b.stuck {
		_ = closeFile(b.file)
	} else {
		_ = b.db.Close()
	}
}

// openError puts the errors of bbolt.Open into the words of this package.
func openError(err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return ErrLocked
	case errors.As(err, new(syscall.Errno)): // no permission, no memory to map it
		return err
	default:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
}

// prepare brings a file of any older version, or a new one, to the version, with what
// its journal holds, and returns its mark, of a new epoch. What another process has
// committed may not be on the disk yet, so that is synced first.
func (b *Bolt) prepare(path string, o BoltOptions) (m mark, err error) {
	if err := b.db.Sync(); err != nil {
		return mark{}, err
	}
	var version uint32
	var fresh bool
	err = Guard(func() error {
		return b.db.View(func(tx *bbolt.Tx) error {
			var unmarked error
			version, fresh, err = b.inspect(tx)
			m, unmarked = readMark(tx)
			return errors.Join(err, unmarked)
		})
	})
	if err != nil {
		return mark{}, err
	}
	if !fresh && (version > o.Version || version < o.Version && o.Migrate == nil) {
		return mark{}, &VersionError{File: version, Supported: o.Version}
	}
	rows, m, err := replay(path, m)
	if err != nil {
		return mark{}, err
	}
	m.id.renew()
	err = b.insist(func(tx *bbolt.Tx) error {
		if fresh {
			_, err := tx.CreateBucket(rowsBucket)
			if err := errors.Join(err, putVersion(tx, o.Version)); err != nil {
				return err
			}
		}
		return errors.Join(apply(tx, rows), putMark(tx, m))
	})
	if err == nil && !fresh && version < o.Version {
		err = b.migrate(version, o)
	}
	return m, err
}

func (b *Bolt) migrate(version uint32, o BoltOptions) error {
	snap, err := openSnapshot(b.db)
	if err != nil {
		return err
	}
	defer snap.release()
	w := newOverlay(&reader{snapshot: snap}, newHotRows())
	err = Guard(func() error { return errors.Join(o.Migrate(version, w), w.err, w.Err()) })
	if err != nil {
		return fmt.Errorf("migrate from version %d to %d: %w", version, o.Version, err)
	}
	return b.write(func(tx *bbolt.Tx) error {
		return errors.Join(apply(tx, w.over), putVersion(tx, o.Version))
	})
}

// inspect returns the version of the file, or that nothing was ever put in it.
func (b *Bolt) inspect(tx *bbolt.Tx) (version uint32, fresh bool, err error) {
	info, err := b.file.Stat()
	if err != nil {
		return 0, false, err
	}
	if info.Size() < tx.Size() {
		return 0, false, fmt.Errorf("%w: it has %d bytes of %d", ErrDamaged, info.Size(), tx.Size())
	}
	if first, _ := tx.Cursor().First(); first == nil {
		return 0, true, nil
	}
	meta, rows := tx.Bucket(metaBucket), tx.Bucket(rowsBucket)
	if meta == nil || rows == nil {
		return 0, false, fmt.Errorf("%w: it has no version, or no rows", ErrDamaged)
	}
	rows.Cursor().First() // panics if the way there is damaged
	v := meta.Get(versionKey)
	if len(v) != 4 {
		return 0, false, fmt.Errorf("%w: its version has %d bytes", ErrDamaged, len(v))
	}
	return binary.BigEndian.Uint32(v), false, nil
}

func putVersion(tx *bbolt.Tx, version uint32) error {
	meta, err := tx.CreateBucketIfNotExists(metaBucket)
	if err != nil {
		return err
	}
	return meta.Put(versionKey, binary.BigEndian.AppendUint32(nil, version))
}

// syncDir makes the name of a new file last.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil // where a directory cannot be synced
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Guard runs fn and returns a panic of it, also one of reading beyond the end of
// a mapped file, as an error that Is ErrDamaged. A goroutine that reads what a
// Reader has handed out needs one of its own, for a panic of it ends the process.
func Guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damaged(p)
		}
	}()
	return fn()
}

// damaged is the error for a panic.
func damaged(p any) error { return fmt.Errorf("%w: %v", ErrDamaged, p) }
