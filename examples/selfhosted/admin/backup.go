package admin

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/avanter/voki/examples/selfhosted/datadir"
	"github.com/avanter/voki/storage"
)

// Backup implements [Ops]. The archive is a tar.gz with a copy of one state of the database first and then the files:
// a file whose row is in the copy was on the disk before it, is never changed, and is not removed before the archive has
// it, so that the two fit each other.
// Files that came later are in it too; [Restore] leaves them out.
func (l *Local) Backup(ctx context.Context, w io.Writer) error {
	source, ok := l.Data.Store.(storage.Backuper)
	if !ok || l.Data.BlobDir == "" {
		return errors.New("the data is in memory only, there is nothing to back up")
	}
	defer l.Data.HoldBlobs()()
	database, err := l.Data.Dir.Temp()
	if err != nil {
		return err
	}
	defer os.Remove(database.Name()) // a leftover is removed at the next start
	defer database.Close()           // it is only read from here on
	if err := source.Backup(ctx, database); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}

	zip, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // fails only for a level that there is not
	a := archive{ctx: ctx, tar: tar.NewWriter(zip)}
	err = a.add(datadir.DatabaseName, database.Name())
	if err == nil {
		err = a.addIfThere(datadir.ConfigName, l.ConfigFile)
	}
	for _, name := range []string{datadir.DemoName, datadir.SecretName} {
		if err == nil {
			err = a.addIfThere(name, l.Data.Dir.Path(name))
		}
	}
	if err == nil {
		err = a.addBlobs(l.Data.BlobDir)
	}
	if err != nil {
		return err
	}
	return errors.Join(a.tar.Close(), zip.Close())
}

type archive struct {
	ctx context.Context // lives as long as the call of Backup
	tar *tar.Writer
}

func (a archive) add(name, file string) error {
	if err := a.ctx.Err(); err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	err = a.tar.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: info.Size(), Mode: 0o600, ModTime: info.ModTime(), Format: tar.FormatPAX,
	})
	if err != nil {
		return err
	}
	if _, err = io.Copy(a.tar, io.LimitReader(f, info.Size())); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (a archive) addIfThere(name, file string) error {
	if err := a.add(name, file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (a archive) addBlobs(dir string) error {
	return walkBlobs(dir, func(name string) error {
		// One that was not wanted after all may have been removed since it was listed.
		return a.addIfThere(path.Join(datadir.BlobsName, name), path.Join(dir, name))
	})
}
