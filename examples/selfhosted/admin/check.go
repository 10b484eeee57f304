package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
)

// endOfTime is later than anything that is stored.
var endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// Check implements [Ops]: the store verifies itself, the numbers of the log have no gaps, every file and recording has
// its blob with the size that its row names, and every blob has its row.
//
// It may run while the server writes. Blobs are listed before the rows are read: one that no row names by then is
// pending, or has been removed, or is a stray.
func (l *Local) Check(ctx context.Context) (Report, error) {
	c := checker{data: l, report: Report{Tenants: len(l.Tenants)}, named: map[string]bool{}}
	if store, ok := l.Data.Store.(storage.Checker); ok {
		if err := store.Check(ctx); err != nil {
			if ctx.Err() != nil {
				return Report{}, ctx.Err()
			}
			c.report.add(err.Error())
		}
	}
	blobs, err := l.blobKeys()
	if err != nil {
		return Report{}, err
	}
	if err := c.pending(ctx); err != nil {
		return Report{}, err
	}
	for _, tenant := range l.Tenants {
		if err := errors.Join(c.log(ctx, tenant), c.calls(ctx, tenant)); err != nil {
			return Report{}, fmt.Errorf("tenant %s: %w", tenant, err)
		}
	}
	err = c.strays(ctx, blobs)
	return c.report, err
}

// blobKeys lists the keys of all blobs that lie in files.
func (l *Local) blobKeys() (keys []string, err error) {
	if l.Data.BlobDir == "" {
		return nil, nil
	}
	err = walkBlobs(l.Data.BlobDir, func(name string) error {
		keys = append(keys, blobKey(name))
		return nil
	})
	slices.Sort(keys)
	return keys, err
}

type checker struct {
	data   *Local
	report Report
	named  map[string]bool // blobs that a row names or that are pending
}

// maxPending is more than can be uploaded at once.
const maxPending = 1 << 20

func (c *checker) pending(ctx context.Context) error {
	return c.data.Data.Store.View(ctx, func(tx storage.Tx) error {
		pending, err := tx.Pending(endOfTime, maxPending)
		for _, p := range pending {
			c.named[p.Key] = true
		}
		c.report.Unfinished = len(pending)
		return err
	})
}

// log looks for gaps in the numbers of a log.
func (c *checker) log(ctx context.Context, tenant string) error {
	var after uint64
	for {
		var events []call.Event
		err := c.data.Data.Store.View(ctx, func(tx storage.Tx) (err error) {
			events, err = tx.Events(tenant, after, 10_000)
			return err
		})
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			if after++; e.Seq != after {
				c.report.add(fmt.Sprintf("log of %s: number %d follows %d", tenant, e.Seq, after-1))
				after = e.Seq
			}
		}
		c.report.Events += len(events)
	}
}

// calls looks at every call of a tenant, a portion in one transaction.
func (c *checker) calls(ctx context.Context, tenant string) error {
	const portion = 1000
	var ids []string
	flush := func() error {
		defer func() { ids = ids[:0] }()
		return c.media(ctx, tenant, ids)
	}
	for row, err := range c.data.Voki.Calls.All(ctx, actor(tenant), call.Query{Asc: true}) {
		if err != nil {
			return err
		}
		c.report.Calls++
		if ids = append(ids, row.ID); len(ids) == portion {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// media compares the files and recordings of some calls with their blobs.
func (c *checker) media(ctx context.Context, tenant string, ids []string) error {
	sizes := map[string]int64{}
	err := c.data.Data.Store.View(ctx, func(tx storage.Tx) error {
		for _, id := range ids {
			files, err := tx.Files(tenant, id)
			if err != nil {
				return err
			}
			for _, f := range files {
				sizes["files/"+f.ID] = f.Size
			}
			c.report.Files += len(files)
			parts, err := tx.Parts(tenant, id)
			if err != nil {
				return err
			}
			for _, p := range parts {
				sizes["parts/"+p.ID] = p.Size
			}
			row, err := tx.Call(tenant, id)
			if err != nil {
				return err
			}
			recording, err := tx.Recording(tenant, id)
			switch {
			case errors.Is(err, media.ErrNoRecording):
				if row.HasRecording {
					c.report.add(fmt.Sprintf("call %s of %s says that it has a recording, and has none", id, tenant))
				}
				continue
			case err != nil:
				return err
			}
			sizes["recordings/"+recording.ID] = recording.Size
			for _, track := range recording.Tracks {
				sizes["recordings/"+track.ID] = track.Size
			}
			c.report.Recordings++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for key, size := range sizes {
		c.named[key] = true
		c.blob(ctx, key, size)
	}
	return nil
}

func (c *checker) blob(ctx context.Context, key string, size int64) {
	blob, err := c.data.Data.Blobs.Open(ctx, key)
	if err != nil {
		c.report.add(fmt.Sprintf("%s: %v", key, err))
		return
	}
	defer blob.Close() // only read
	switch there, err := blob.Seek(0, io.SeekEnd); {
	case err != nil:
		c.report.add(fmt.Sprintf("%s: %v", key, err))
	case there != size:
		c.report.add(fmt.Sprintf("%s has %d bytes, its row says %d", key, there, size))
	}
}

// strays reports the blobs that no row names and that are still there.
func (c *checker) strays(ctx context.Context, blobs []string) error {
	for _, key := range blobs {
		if c.named[key] {
			continue
		}
		blob, err := c.data.Data.Blobs.Open(ctx, key)
		if errors.Is(err, media.ErrNoBlob) {
			continue
		}
		if err != nil {
			return err
		}
		_ = blob.Close()
		c.report.strays = append(c.report.strays, key)
		c.report.add(key + " is named by no row")
	}
	return nil
}
