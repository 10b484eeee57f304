package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
)

// Dir keeps blobs as files below one directory and never leaves it, whatever the key ([os.Root]).
//
// A blob is written to a temporary file, synced, renamed to its place, and its folder synced: it is there whole or not
// at all. Blobs are spread over 256 folders by the end of their key.
type Dir struct {
	root *os.Root

	making sync.Mutex
	made   map[string]bool // folders whose names are known to be durable; guarded by making
}

// tmp is the folder for what is being written.
const tmp = "tmp"

// OpenDir returns a Dir on a directory of the host's file system, which is made if it is not there. What unfinished
// writes of an earlier process left in it is removed: a directory belongs to one process at a time.
func OpenDir(name string) (*Dir, error) {
	if err := os.MkdirAll(name, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	d := &Dir{root: root, made: map[string]bool{".": true}}
	if err := d.clean(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return d, nil
}

func (d *Dir) clean() error {
	if err := d.root.RemoveAll(tmp); err != nil {
		return err
	}
	return d.root.Mkdir(tmp, 0o700)
}

// Close ends the use of the directory.
func (d *Dir) Close() error { return d.root.Close() }

// place is where the blob of a key lies: files/019c… at files/3f/019c…3f.
func place(key string) (string, error) {
	if !fs.ValidPath(key) || key == "." {
		return "", fmt.Errorf("key %q is no path", key)
	}
	folder, base := path.Split(key)
	return path.Join(folder, base[max(0, len(base)-2):], base), nil
}

// Put implements [BlobStore].
func (d *Dir) Put(ctx context.Context, key string, r io.Reader) (size int64, err error) {
	name, err := place(key)
	if err != nil {
		return 0, err
	}
	temp := path.Join(tmp, strings.ReplaceAll(key, "/", "-"))
	f, err := d.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.removeIfThere(temp))
		}
	}()
	size, err = io.Copy(f, &untilDone{ctx, r})
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return 0, err
	}
	folder := path.Dir(name)
	if err := d.makeFolder(folder); err != nil {
		return 0, err
	}
	if err := d.root.Rename(temp, name); err != nil {
		return 0, err
	}
	if err := d.syncFolder(folder); err != nil {
		return 0, errors.Join(err, d.removeIfThere(name))
	}
	return size, nil
}

// makeFolder makes a folder and all above it, and returns when each of them is durable. That a folder is there does not
// say so: another upload may have made it a moment ago.
func (d *Dir) makeFolder(name string) error {
	d.making.Lock()
	defer d.making.Unlock()
	return d.makeAndSync(name)
}

func (d *Dir) makeAndSync(name string) error {
	if d.made[name] {
		return nil
	}
	above := path.Dir(name)
	if err := d.makeAndSync(above); err != nil {
		return err
	}
	if err := d.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := d.syncFolder(above); err != nil {
		return err
	}
	d.made[name] = true
	return nil
}

func (d *Dir) syncFolder(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open implements [BlobStore].
func (d *Dir) Open(_ context.Context, key string) (io.ReadSeekCloser, error) {
	name, err := place(key)
	if err != nil {
		return nil, err
	}
	f, err := d.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoBlob
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Delete implements [BlobStore].
func (d *Dir) Delete(_ context.Context, key string) error {
	name, err := place(key)
	if err != nil {
		return err
	}
	if err := d.removeIfThere(name); err != nil {
		return err
	}
	if err := d.syncFolder(path.Dir(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (d *Dir) removeIfThere(name string) error {
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// untilDone stops reading when ctx ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
