package rows_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// Whatever one row is taken from a store that is whole, or is added to it, Check finds it, unless nothing else follows
// from that row.
func TestCheckMissesNoRow(t *testing.T) {
	t.Parallel()
	alone := map[byte]bool{ // tables whose rows nothing else is derived from
		0x05: true, 0x09: true, 0x0a: true, 0x0b: true, 0x0e: true, 0x0f: true, 0x10: true, 0x11: true, 0x12: true,
		0x13: true,
		0x18: true, 0x19: true,
	}
	_, engine, _ := opened(t)
	tables := map[byte]bool{}
	for _, k := range keysOf(t, engine) {
		db, engine, _ := opened(t)
		tables[k[0]] = true
		plant(t, engine, func(w kv.Writer) { w.Delete(k) })
		if alone[k[0]] {
			require.NoError(t, db.Check(t.Context()), "%q", k)
		} else {
			require.Error(t, db.Check(t.Context()), "%q", k)
		}

		db, engine, _ = opened(t) // the same row of another call, file or number
		other := bytes.Clone(k)
		if other[len(other)-1] == 0 {
			other[len(other)-2]++
		} else {
			other[len(other)-1] += 100
		}
		plant(t, engine, func(w kv.Writer) {
			row, _ := w.Get(k)
			w.Put(other, bytes.Clone(row))
		})
		if alone[k[0]] && k[0] != 0x0b { // for a note has its event
			require.NoError(t, db.Check(t.Context()), "%q", other)
		} else {
			require.Error(t, db.Check(t.Context()), "%q", other)
		}
	}
	require.Len(t, tables, 30, "every table has a row")
}

func TestCheckFinds(t *testing.T) {
	t.Parallel()
	var head rowcodec.Writer
	head.Uint(1, 1)
	for name, c := range map[string]struct {
		plant func(w kv.Writer)
		want  string
	}{
		"a table of nobody":  {func(w kv.Writer) { w.Put([]byte("\x7fx"), nil) }, "of no table"},
		"a key cut short":    {func(w kv.Writer) { w.Put([]byte("\x01acme\x00c2"), nil) }, "cut short"},
		"a number cut short": {func(w kv.Writer) { w.Put([]byte("\x06acme\x00\x01"), nil) }, "cut short"},
		"a key too long":     {func(w kv.Writer) { w.Put([]byte("\x01acme\x00c2\x00x"), nil) }, "too long"},
		"a call that changed behind the index": {func(w kv.Writer) {
			k := []byte("\x01acme\x00c1\x00")
			row, _ := w.Get(k)
			var more rowcodec.Writer
			more.Int(11, 77) // another rating
			w.Put(k, append(bytes.Clone(row), more.Data()...))
		}, "the list has it not, or otherwise"},
		"a log without a head": {func(w kv.Writer) { w.Delete([]byte("\x07acme\x00")) }, "behind the head of the log"},
		"a log with a gap": {func(w kv.Writer) {
			row, _ := w.Get([]byte("\x06acme\x00\x00\x00\x00\x00\x00\x00\x00\x01"))
			w.Put([]byte("\x06acme\x00\x00\x00\x00\x00\x00\x00\x00\x13"), bytes.Clone(row))
		}, "event 19 comes after event 17"},
		"a head without a log": {func(w kv.Writer) { w.Put([]byte("\x07globex\x00"), head.Data()) }, "there is no row"},
		"an event in two rows of a timeline": {func(w kv.Writer) {
			w.Put([]byte("\x08acme\x00c1\x00\x00\x00\x00\x00\x00\x00\x00\x11"), nil)
		}, "there is row"},
		"a timeline whose numbers fall": {func(w kv.Writer) {
			var row rowcodec.Writer
			row.Uint(1, 3)
			row.Uint(1, math.MaxUint64)
			w.Put([]byte("\x1facme\x00c1\x00"), row.Data())
		}, "numbers do not rise"},
		"a timeline that goes beyond its key": {func(w kv.Writer) {
			var row rowcodec.Writer
			row.Uint(1, 16)
			w.Put([]byte("\x08acme\x00c1\x00\x00\x00\x00\x00\x00\x00\x00\x10"), row.Data())
		}, "numbers do not rise"},
		"a timeline with an event of another call": {func(w kv.Writer) {
			row, _ := w.Get([]byte("\x1facme\x00c1\x00"))
			w.Put([]byte("\x1facme\x00c2\x00"), bytes.Clone(row))
		}, `event 17 is of call "c1"`},
		"a note of another call": {func(w kv.Writer) {
			w.Put([]byte("\x0bacme\x00c2\x00\x00\x00\x00\x00\x00\x00\x00\x01"), nil)
		}, `event 1 is of call "c1"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, engine, _ := opened(t)
			plant(t, engine, c.plant)
			require.ErrorContains(t, db.Check(t.Context()), c.want)
		})
	}
}

// Of the jobs that wait for a target the first is noted, and no other.
func TestCheckFindsWhoIsNotTheFirstOfTheTarget(t *testing.T) {
	t.Parallel()
	db, engine, e := opened(t)
	second := later(e.job)
	second.ID = "second"
	require.NoError(t, db.Update(t.Context(), func(tx storage.Tx) error { return tx.PutJob(second) }))
	require.NoError(t, db.Check(t.Context()))
	other, alone, _ := opened(t) // which notes the second, for it has no first
	require.NoError(t, other.Update(t.Context(), func(tx storage.Tx) error {
		return errors.Join(tx.DeleteJob("acme", e.job.ID), tx.PutJob(second))
	}))
	plant(t, engine, func(w kv.Writer) {
		for k := range w.Ascend([]byte{0x1b}, []byte{0x1d}) {
			w.Delete(k)
		}
		everyRow(t, alone, func(k, row []byte) []byte {
			if k[0] == 0x1b || k[0] == 0x1c {
				w.Put(bytes.Clone(k), bytes.Clone(row))
			}
			return row
		})
	})
	err := db.Check(t.Context())
	require.ErrorContains(t, err, "says otherwise")
	require.ErrorContains(t, err, "there is no row")
}

func TestCheckEnds(t *testing.T) {
	t.Parallel()
	db, engine, _ := opened(t)
	plant(t, engine, func(w kv.Writer) {
		for i := range 5000 {
			w.Put(fmt.Appendf(nil, "\x7f%d", i), nil)
		}
	})
	err := db.Check(t.Context())
	require.ErrorContains(t, err, "problems more")
	require.Less(t, len(err.Error()), 4000)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, db.Check(ctx), context.Canceled)
	require.NoError(t, db.Close())
	require.ErrorIs(t, db.Check(t.Context()), storage.ErrClosed)
	require.ErrorIs(t, db.Health(), storage.ErrClosed)
}

func plant(t *testing.T, engine kv.Engine, change func(w kv.Writer)) {
	t.Helper()
	require.NoError(t, engine.Update(t.Context(), func(w kv.Writer) (func(), error) {
		change(w)
		return nil, nil
	}))
}

func keysOf(t *testing.T, engine kv.Engine) (keys [][]byte) {
	t.Helper()
	everyRow(t, engine, func(k, row []byte) []byte {
		keys = append(keys, bytes.Clone(k))
		return row
	})
	return keys
}
