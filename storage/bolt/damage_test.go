package bolt_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
	"github.com/avanter/voki/storage/internal/kv"
)

// Whatever page is lost, nothing panics: the file is not opened, or what meets with the page is an error.
func TestDamagedPages(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	put(t, s, 0, 2000)
	put(t, s, 1000, 3000) // so that there are free pages, too
	require.NoError(t, s.Close())
	before, err := os.ReadFile(path)
	require.NoError(t, err)

	page := os.Getpagesize()
	notOpened, notServed, whole := 0, 0, 0
	for at := 2 * page; at < len(before); at += page {
		if at/page%8 > 0 || bytes.Equal(before[at:at+page], make([]byte, page)) {
			continue // a sample of those that were ever used
		}
		damaged := bytes.Clone(before)
		clear(damaged[at : at+page])
		rewrite(t, path, damaged) // all of it, as opening changes it, too

		s, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			requireDamaged(t, err)
			notOpened++
		} else {
			if err := errors.Join(use(t, s), s.Check(t.Context())); err != nil {
				requireDamaged(t, err)
				notServed++
			} else {
				whole++ // the page was free
			}
			require.NoError(t, s.Close())
		}
	}
	rewrite(t, path, before)
	t.Logf("%d pages of %d: %d were needed by Open, %d later, %d not", notOpened+notServed+whole, len(before)/page, notOpened, notServed, whole)
	require.Greater(t, notOpened, 5, "the pages of calls")
	require.Greater(t, notServed, 5, "the pages of what is not read by Open")

	s, err = bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	require.NoError(t, use(t, s))
	require.NoError(t, s.Check(t.Context()))
	require.NoError(t, s.Close())
}

// rewrite writes a file, with a hole where there are only zeroes up to its end.
func rewrite(t *testing.T, path string, data []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, bytes.TrimRight(data, "\x00"), 0o600))
	require.NoError(t, os.Truncate(path, int64(len(data))))
}

func requireDamaged(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, storage.ErrDamaged)
	require.ErrorIs(t, err, kv.ErrDamaged)
}

// use reads what there is in Views and in an Update that fails, whose functions ignore all errors. It returns the
// error of the store.
func use(t *testing.T, s *bolt.Store) error {
	t.Helper()
	read := func(tx storage.Tx) error {
		_, _ = tx.Events("acme", 0, math.MaxInt)
		_, _ = tx.OpenCalls(call.Key{}, math.MaxInt)
		_, _ = tx.Logs("", math.MaxInt)
		for _, id := range []string{callID(0), callID(1000), callID(2999), callID(999_999)} {
			_, _ = tx.Call("acme", id)
			_, _ = tx.CallEvents("acme", id, 0, math.MaxInt)
		}
		return nil
	}
	viewed := s.View(t.Context(), read)
	updated := s.Update(t.Context(), func(tx storage.Tx) error { return errors.Join(read(tx), tx.DeleteTag("acme", "none")) })
	require.Equal(t, viewed == nil, updated == nil, "%v, but %v", viewed, updated)
	_, err := s.ListCalls(t.Context(), call.Query{Tenant: "acme", Limit: call.MaxLimit})
	return errors.Join(viewed, updated, err)
}

// A panic of the caller's own is not taken for damage.
func TestPanicsOfTheCallerAreItsOwn(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t))
	put(t, s, 0, 1)
	boom := errors.New("boom")
	require.PanicsWithValue(t, boom, func() { _ = s.View(t.Context(), func(storage.Tx) error { panic(boom) }) })
	require.PanicsWithValue(t, boom, func() { _ = s.Update(t.Context(), func(storage.Tx) error { panic(boom) }) })
	require.NoError(t, s.Health())
}

func TestFull(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s, err := bolt.Open(path, bolt.Options{MaxSize: 24 << 20})
	require.NoError(t, err)
	keep := func(s *bolt.Store, name string) error {
		return s.Update(t.Context(), func(tx storage.Tx) error { return tx.PutSetting(name, make([]byte, 1<<20)) })
	}
	last := "a"
	for ; err == nil && last < "z"; last = string(last[0] + 1) {
		err = keep(s, last)
	}
	require.ErrorIs(t, err, storage.ErrFull)
	require.NotErrorIs(t, err, storage.ErrFailed)
	require.NoError(t, s.Health(), "it goes on")
	require.NoError(t, s.Check(t.Context()))
	require.NoError(t, s.Backup(t.Context(), io.Discard))
	require.NoError(t, s.Close())

	s = open(t, path)
	require.NoError(t, keep(s, last), "there is more room now")
}
