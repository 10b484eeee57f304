package datadir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
	"github.com/avanter/voki/storage/memory"
)

// The stores that --store names.
const (
	StoreBolt   = "bolt:"
	StoreMemory = "memory:"
)

// Data is what a directory holds, opened.
type Data struct {
	Dir   Dir
	Store storage.Store
	Blobs media.BlobStore

	// BlobDir is where the blobs lie as files; empty when they are kept in memory.
	BlobDir string

	lock *Lock
	dir  *media.Dir
}

// Open opens the data in the store that --store names. Closing the data releases the lock; so does an error.
func (l *Lock) Open(store string) (*Data, error) {
	data := &Data{Dir: l.dir, lock: l}
	var err error
	switch store {
	case StoreBolt:
		err = data.openFiles()
	case StoreMemory:
		data.Store, data.Blobs = memory.New(), media.NewMemory()
	default:
		err = fmt.Errorf("store %q is not known: there are %s and %s", store, StoreBolt, StoreMemory)
	}
	if err != nil {
		return nil, errors.Join(err, data.Close())
	}
	return data, nil
}

func (data *Data) openFiles() error {
	store, err := bolt.Open(data.Dir.Path(DatabaseName), bolt.Options{})
	if errors.Is(err, storage.ErrLocked) {
		return &LockedError{Dir: data.Dir}
	}
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	data.Store = store
	// Only after the database, whose lock stands for the blobs too.
	data.BlobDir = data.Dir.Path(BlobsName)
	if data.dir, err = media.OpenDir(data.BlobDir); err != nil {
		return fmt.Errorf("open the files: %w", err)
	}
	data.Blobs = &heldBlobs{BlobStore: data.dir}
	return nil
}

// Close closes the data and gives the directory free.
func (data *Data) Close() error {
	var errs []error
	if data.dir != nil {
		errs = append(errs, data.dir.Close())
	}
	if data.Store != nil {
		errs = append(errs, data.Store.Close())
	}
	return errors.Join(append(errs, data.lock.Release())...)
}

// HasDatabase reports whether there is something to open.
func (d Dir) HasDatabase() bool {
	info, err := os.Stat(d.Path(DatabaseName))
	return err == nil && info.Size() > 0
}

// tenantsSetting names the setting that lists all companies that ever were in the configuration.
const tenantsSetting = "selfhosted.tenants"

// RememberTenants keeps the companies of the configuration, so that what belongs to one is found when the
// configuration names it no more. It returns all that are known.
func (data *Data) RememberTenants(ctx context.Context, slugs []string) (known []string, err error) {
	err = data.Store.View(ctx, func(tx storage.Tx) error {
		value, err := tx.Setting(tenantsSetting)
		known = strings.Fields(string(value))
		return err
	})
	if err != nil {
		return nil, err
	}
	all := slices.Concat(known, slugs)
	slices.Sort(all)
	if all = slices.Compact(all); len(all) == len(known) {
		return known, nil
	}
	return all, data.Store.Update(ctx, func(tx storage.Tx) error {
		return tx.PutSetting(tenantsSetting, []byte(strings.Join(all, "\n")))
	})
}
