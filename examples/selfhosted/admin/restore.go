package admin

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/avanter/voki"
	"github.com/avanter/voki/examples/selfhosted/datadir"
)

// Restore makes a data directory of an archive that [Local.Backup] has written. The directory must be empty or not
// there; what a process has left that had it locked does not count. The archive is unpacked and checked beside it and
// moved to its place as a whole, or not at all.
func Restore(ctx context.Context, dir datadir.Dir, r io.Reader) (report Report, err error) {
	target, err := filepath.Abs(string(dir))
	if err != nil {
		return Report{}, err
	}
	release, err := reserve(datadir.Dir(target))
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	parent := filepath.Dir(target)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return Report{}, err
	}
	staging, err := os.MkdirTemp(parent, filepath.Base(target)+stagingMark)
	if err != nil {
		return Report{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(staging))
		}
	}()
	if err := unpack(ctx, staging, r); err != nil {
		return Report{}, fmt.Errorf("archive: %w", err)
	}
	if report, err = verify(ctx, datadir.Dir(staging)); err != nil {
		return report, err
	}
	if err := syncTree(staging); err != nil {
		return report, err
	}
	if err := clearUnused(target); err != nil {
		return report, fmt.Errorf("put it in place: %w", err)
	}
	if err := os.Rename(staging, target); err != nil {
		return report, fmt.Errorf("put it in place: %w", err)
	}
	return report, syncPath(parent)
}

// stagingMark follows on the name of the directory that is restored, in that of the one where an archive is unpacked.
const stagingMark = ".restore-"

// Unpacked returns the directories in which archives were unpacked for dir and that are there still: of a restore that
// goes on, or of one that was killed, which leaves everything that it has unpacked.
func Unpacked(dir datadir.Dir) (found []string, err error) {
	target, err := filepath.Abs(string(dir))
	if err != nil {
		return nil, err
	}
	parent := filepath.Dir(target)
	entries, err := os.ReadDir(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), filepath.Base(target)+stagingMark) {
			found = append(found, filepath.Join(parent, e.Name()))
		}
	}
	return found, err
}

// reserve makes sure that a directory is not used, nor will be if it was ever locked, until release is called.
func reserve(dir datadir.Dir) (release func() error, err error) {
	unused, err := dir.Unused()
	if err == nil && !unused {
		err = fmt.Errorf("%s is not empty: restore into a new directory", dir)
	}
	if err != nil {
		return nil, err
	}
	lock, err := dir.LockUsed()
	if errors.Is(err, fs.ErrNotExist) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, err
	}
	return lock.Release, nil
}

// clearUnused removes a directory that [reserve] has found to be not used. It fails if there is something in it now.
func clearUnused(target string) error {
	dir := datadir.Dir(target)
	for _, remove := range []func() error{
		func() error { return RemoveSocket(dir) }, dir.Forget, func() error { return os.Remove(target) },
	} {
		if err := remove(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// maxPadding is more than the programs that write archives leave at their end.
const maxPadding = 1 << 20

// unpack writes the entries of an archive below dir. It refuses what no backup holds: other kinds of entries, names
// that lead elsewhere, an entry twice.
func unpack(ctx context.Context, dir string, r io.Reader) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() // its files are synced one by one
	in := bufio.NewReader(r)
	zip, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	zip.Multistream(false)
	entries, database := tar.NewReader(zip), false
	for {
		h, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := expected(h); err != nil {
			return err
		}
		if err := unpackOne(ctx, root, h, entries); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
		database = database || h.Name == datadir.DatabaseName
	}
	// What follows the last entry is padding; reading it verifies the checksum.
	padding, err := io.CopyN(io.Discard, zip, maxPadding)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if _, err := in.ReadByte(); padding == maxPadding || !errors.Is(err, io.EOF) {
		return errors.New("something follows its end")
	}
	if !database {
		return fmt.Errorf("holds no %s", datadir.DatabaseName)
	}
	return nil
}

func expected(h *tar.Header) error {
	if h.Typeflag != tar.TypeReg {
		return fmt.Errorf("%q is no file", h.Name)
	}
	if !fs.ValidPath(h.Name) {
		return fmt.Errorf("%q is no path", h.Name)
	}
	switch h.Name {
	case datadir.DatabaseName, datadir.ConfigName, datadir.DemoName, datadir.SecretName:
		return nil
	}
	if !strings.HasPrefix(h.Name, datadir.BlobsName+"/") || strings.HasPrefix(h.Name, datadir.BlobsName+"/tmp/") {
		return fmt.Errorf("%q does not belong into a backup", h.Name)
	}
	return nil
}

func unpackOne(ctx context.Context, root *os.Root, h *tar.Header, content io.Reader) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := root.MkdirAll(path.Dir(h.Name), 0o700); err != nil {
		return err
	}
	f, err := root.OpenFile(h.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// verify opens and checks what was unpacked, and removes the files that are younger than the database.
func verify(ctx context.Context, dir datadir.Dir) (report Report, err error) {
	lock, err := dir.Lock()
	if err != nil {
		return Report{}, err
	}
	data, err := lock.Open(datadir.StoreBolt)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, data.Close(), dir.Forget()) }()
	v, err := voki.New(voki.Options{Store: data.Store, Blobs: data.Blobs})
	if err != nil {
		return Report{}, err
	}
	tenants, err := data.RememberTenants(ctx, nil)
	if err != nil {
		return Report{}, err
	}
	local := Local{Voki: v, Data: data, Tenants: tenants}
	if report, err = local.Check(ctx); err != nil {
		return report, err
	}
	for _, key := range report.strays {
		if err := data.Blobs.Delete(ctx, key); err != nil {
			return report, err
		}
	}
	if len(report.strays) > 0 {
		if report, err = local.Check(ctx); err != nil {
			return report, err
		}
	}
	if len(report.Findings) > 0 {
		return report, errors.New("the archive is damaged: " + strings.Join(report.Findings, "; "))
	}
	return report, nil
}

// syncTree makes the folders below dir durable; the files are already.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return syncPath(name)
	})
}

func syncPath(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
