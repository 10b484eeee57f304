package apitest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

// failing is a store that fails when it is told to.
type failing struct {
	storage.Store
	writes, reads atomic.Pointer[error]
}

func (f *failing) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if err := f.writes.Load(); err != nil {
		return *err
	}
	return f.Store.Update(ctx, fn)
}

func (f *failing) View(ctx context.Context, fn func(storage.Tx) error) error {
	if err := f.reads.Load(); err != nil {
		return *err
	}
	return f.Store.View(ctx, fn)
}

func (f *failing) ListCalls(ctx context.Context, q call.Query) (call.Page, error) {
	if err := f.reads.Load(); err != nil {
		return call.Page{}, *err
	}
	return f.Store.ListCalls(ctx, q)
}

// newFailingWorld is a world whose store can be made to fail, and for each operation a good request to it.
func newFailingWorld(t *testing.T) (*world, *failing, map[string]func() reply) {
	t.Helper()
	store := &failing{Store: memory.New()}
	w := newWorld(t, func(s *setup) { s.store = store })
	requests := map[string]func() reply{}
	for operation, try := range attempts {
		v, c := w.furnished(avanter, try.state), w.as(olga)
		requests[operation] = func() reply { return try.do(c, v) }
	}
	v, c := w.furnished(avanter, call.Completed), w.as(olga)
	address := w.uploaded(v)
	requests["uploads.get"] = func() reply { return c.get(address) }
	for operation, try := range customerAttempts {
		v := w.callIn(avanter, try.state)
		requests[operation] = func() reply { return try.do(w, v) }
	}
	return w, store, requests
}

func wanted(operation string) int {
	if try, ok := attempts[operation]; ok {
		return try.want
	}
	return customerAttempts[operation].want
}

// A store that takes no writes: every writing route says so and changes nothing, every reading route goes on.
func TestStoreWithoutWrites(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		cause error
		want  int
	}{
		{storage.ErrFailed, http.StatusServiceUnavailable},
		{fmt.Errorf("append: %w", syscall.ENOSPC), http.StatusInsufficientStorage},
		{errors.New("secret cause"), http.StatusInternalServerError},
	} {
		t.Run(strconv.Itoa(row.want), func(t *testing.T) {
			t.Parallel()
			w, store, requests := newFailingWorld(t)
			store.writes.Store(&row.cause)
			w.unchanged(func() {
				for _, op := range described(t).ops {
					want := row.want
					if op.Method == http.MethodGet {
						want = wanted(op.ID)
					}
					r := requests[op.ID]()
					assert.Equal(t, want, r.status, r)
					assert.NotContains(t, string(r.body), "secret cause", "a reply tells the cause")
				}
			})
		})
	}
}

// A store that cannot be read: a 5xx in the envelope on every route, which tells nothing of the cause.
func TestStoreWithoutReads(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		cause error
		want  int
	}{
		{storage.ErrClosed, http.StatusServiceUnavailable},
		{errors.New("secret cause"), http.StatusInternalServerError},
	} {
		t.Run(strconv.Itoa(row.want), func(t *testing.T) {
			t.Parallel()
			_, store, requests := newFailingWorld(t)
			store.reads.Store(&row.cause)
			store.writes.Store(&row.cause)
			for _, op := range described(t).ops {
				r := requests[op.ID]()
				assert.Equal(t, row.want, r.status, r)
				assert.NotContains(t, string(r.body), "secret cause", "a reply tells the cause")
			}
		})
	}
}

// Blobs that cannot be kept: nothing is left of them, and the call stays as it was.
func TestBlobsWithoutSpace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Active)
	w.blobs.full.Store(true)
	w.unchanged(func() {
		assert.Equal(t, http.StatusInsufficientStorage, w.as(joao).post(path(v, "/upload"), file("a.txt", "a")).status)
		assert.Equal(t, http.StatusInsufficientStorage, w.as(joao).send("PUT", path(v, "/recording"), webm).status)
	})
	w.blobs.full.Store(false)
	assert.Equal(t, http.StatusCreated, w.as(joao).post(path(v, "/upload"), file("a.txt", "a")).status)
	assert.Equal(t, http.StatusCreated, w.as(joao).send("PUT", path(v, "/recording"), webm).status)
}
