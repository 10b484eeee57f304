package bolt_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
)

// eventOfVersion2 is the n-th of the 60 that follow on those of three calls in testdata/version2.db.gz.
func eventOfVersion2(n int) call.Event {
	e := call.Event{Tenant: "acme", CallID: fmt.Sprintf("c%06d", n%3), Kind: call.KindAssigned, Actor: fmt.Sprint("actor ", n)}
	if n%7 == 6 {
		e.CallID = ""
	}
	return e
}

// TestAFileOfVersion2 opens a file that a program of format version 2 has written: calls have their events, and go on
// having them as more come.
func TestAFileOfVersion2(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	unpack(t, filepath.Join("testdata", "version2.db.gz"), path)
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	want := map[string][]call.Event{}
	for n := range 63 {
		e := call.Event{Tenant: "acme", CallID: fmt.Sprintf("c%06d", n), Kind: call.KindCreated}
		if n >= 3 {
			e = eventOfVersion2(n - 3)
		}
		e.Seq = uint64(n + 1)
		want[e.CallID] = append(want[e.CallID], e)
	}
	delete(want, "")
	check := func() {
		require.NoError(t, s.Check(t.Context()))
		require.NoError(t, s.View(t.Context(), func(tx storage.Tx) error {
			for id, events := range want {
				for _, after := range []int{0, 1, len(events) / 2, len(events) - 1} {
					got, err := tx.CallEvents("acme", id, events[after].Seq-1, 1000)
					require.NoError(t, err)
					require.Equal(t, events[after:], got)
				}
			}
			return nil
		}))
	}
	check()
	require.NoError(t, s.Update(t.Context(), func(tx storage.Tx) error {
		for n := range 100 {
			e, err := tx.AppendEvent(call.Event{Tenant: "acme", CallID: fmt.Sprintf("c%06d", n%4), Kind: call.KindStarted})
			if err != nil {
				return err
			}
			want[e.CallID] = append(want[e.CallID], e)
		}
		return nil
	}))
	check()
	require.NoError(t, s.Close())
	s = open(t, path)
	check()
}
