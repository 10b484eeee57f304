package storagetest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

func testEvents(t *testing.T, s suite) {
	t.Run("what was appended comes back in every field", func(t *testing.T) { eventsRoundTrip(t, s.fresh(t)) })
	t.Run("numbers rise per tenant", func(t *testing.T) { eventNumbers(t, s.fresh(t)) })
	t.Run("after and limit", func(t *testing.T) { eventPages(t, s.fresh(t)) })
	t.Run("the logs there are", func(t *testing.T) { logs(t, s.fresh(t)) })
}

func logs(t *testing.T, store storage.Store) {
	find := func(after string, limit int) []call.LogHead {
		t.Helper()
		return read(t, store, func(tx storage.Tx) ([]call.LogHead, error) { return tx.Logs(after, limit) })
	}
	require.Empty(t, find("", everyRow))
	tenants := []string{"a", "a/b", "ab", "b", "ç"}
	want := make([]call.LogHead, 0, len(tenants))
	for i, tenant := range tenants {
		var last call.Event
		for range i + 1 {
			update(t, store, func(tx storage.Tx) (err error) {
				last, err = tx.AppendEvent(call.Event{Tenant: tenant, Time: at(i), Kind: call.KindTagCreated})
				return err
			})
		}
		want = append(want, call.LogHead{Tenant: tenant, Seq: last.Seq})
	}
	require.Equal(t, want, find("", everyRow))
	for i := range want {
		require.Equal(t, want[:i+1], find("", i+1))
		require.Equal(t, want[i+1:], append([]call.LogHead{}, find(want[i].Tenant, everyRow)...))
	}
	require.Equal(t, want[2:], find("aa", everyRow), "behind a name that has no log")
}

func eventsRoundTrip(t *testing.T, store storage.Store) {
	full := filled[call.Event](1)
	kinds := []call.Kind{
		call.KindCreated, call.KindAssigned, call.KindStarted, call.KindCompleted, call.KindMissed,
		call.KindCancelled, call.KindAbandoned, call.KindJoined, call.KindLeft, call.KindDisconnected,
		call.KindReconnected, call.KindNoted, call.KindEvaluated, call.KindImported, call.KindTagAdded,
		call.KindTagRemoved, call.KindFileAdded, call.KindNoteAdded, call.KindNoteErased, call.KindErased,
		call.KindRecordingReady, call.KindRecordingDeleted, call.KindTranscriptReady, call.KindSummaryReady,
		call.KindTagCreated, call.KindTagChanged, call.KindTagDeleted,
	}
	events := make([]call.Event, 0, len(kinds)+2)
	events = append(events, full, call.Event{Tenant: full.Tenant, Time: at(1), Kind: call.KindTagCreated})
	for _, kind := range kinds {
		e := filled[call.Event](2)
		e.Tenant, e.Kind = full.Tenant, kind
		events = append(events, e)
	}
	for i := range events {
		var written call.Event
		update(t, store, func(tx storage.Tx) (err error) {
			written, err = tx.AppendEvent(events[i]) // with a number of its own, which is none
			return err
		})
		events[i].Seq = written.Seq
		require.Equal(t, events[i], written)
	}
	require.Equal(t, events, readEvents(t, store, full.Tenant, 0, everyRow))
	of := read(t, store, func(tx storage.Tx) ([]call.Event, error) {
		return tx.CallEvents(full.Tenant, full.CallID, 0, everyRow)
	})
	require.Equal(t, events[:1], of)
}

func eventNumbers(t *testing.T, store storage.Store) {
	last := map[string]uint64{}
	for i := range 30 {
		var written []call.Event
		update(t, store, func(tx storage.Tx) error {
			written = nil
			for j := range i%3 + 1 {
				e, err := tx.AppendEvent(newEvent([]string{"acme", "globex"}[(i+j)%2], fmt.Sprint("c", j)))
				if err != nil {
					return err
				}
				written = append(written, e)
			}
			return nil
		})
		view(t, store, func(tx storage.Tx) error {
			newest, err := tx.LastEvent(written[len(written)-1].Tenant)
			require.Equal(t, written[len(written)-1].Seq, newest)
			return err
		})
		for _, e := range written {
			require.Greater(t, e.Seq, last[e.Tenant], "the numbers of a tenant rise, the first is not 0")
			last[e.Tenant] = e.Seq
		}
	}
	// The other tenant's events take no numbers away.
	update(t, store, func(tx storage.Tx) error {
		if last, err := tx.LastEvent("late"); last != 0 || err != nil {
			return fmt.Errorf("the last event of an empty log is %d, %w", last, err)
		}
		e, err := tx.AppendEvent(newEvent("late", "c1"))
		if last, err := tx.LastEvent("late"); last != e.Seq || err != nil {
			return fmt.Errorf("the last event is %d, %w: an update sees what it wrote", last, err)
		}
		if err == nil && e.Seq >= last["acme"] {
			err = fmt.Errorf("the first event of a tenant has number %d", e.Seq)
		}
		return err
	})
}

func eventPages(t *testing.T, store storage.Store) {
	const n = 12
	all, ofOne := make([]call.Event, 0, n), make([]call.Event, 0, n)
	for i := range n {
		e := newEvent("acme", fmt.Sprint("c", i%3))
		update(t, store, func(tx storage.Tx) (err error) {
			if _, err := tx.AppendEvent(newEvent("globex", e.CallID)); err != nil {
				return err
			}
			e, err = tx.AppendEvent(e)
			return err
		})
		all = append(all, e)
		if i%3 == 1 {
			ofOne = append(ofOne, e)
		}
	}
	afters := make([]uint64, 0, 3*n+2)
	afters = append(afters, 0, 1<<62-1)
	for _, e := range all {
		afters = append(afters, e.Seq-1, e.Seq, e.Seq+1)
	}
	page := func(events []call.Event, after uint64, limit int) []call.Event {
		for len(events) > 0 && events[0].Seq <= after {
			events = events[1:]
		}
		return first(events, limit)
	}
	view(t, store, func(tx storage.Tx) error {
		for _, after := range afters {
			for _, limit := range []int{1, 2, 5, everyRow} {
				got, err := tx.Events("acme", after, limit)
				require.NoError(t, err)
				requireSame(t, page(all, after, limit), got, "after %d, limit %d", after, limit)
				got, err = tx.CallEvents("acme", "c1", after, limit)
				require.NoError(t, err)
				requireSame(t, page(ofOne, after, limit), got, "of a call, after %d, limit %d", after, limit)
			}
		}
		return nil
	})
}

// requireSame compares slices, of which an empty one may be nil.
func requireSame[T any](t tester, want, got []T, message ...any) {
	t.Helper()
	if len(want) > 0 || len(got) > 0 {
		require.Equal(t, want, got, message...)
	}
}

func readEvents(t tester, store storage.Store, tenant string, after uint64, limit int) []call.Event {
	t.Helper()
	return read(t, store, func(tx storage.Tx) ([]call.Event, error) { return tx.Events(tenant, after, limit) })
}
