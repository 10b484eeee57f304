package rows_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rows"
)

// However the events of several calls lie between each other, each call has its own, from any number on and as many as
// are asked for; also if the first of them were written by a program of format version 2, with a row for each.
func TestTimelines(t *testing.T) {
	t.Parallel()
	for _, version2 := range []int{0, 1, 15, 40} {
		t.Run(fmt.Sprint(version2, " of version 2"), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, uint64(version2)))
			engine := kv.NewMemory()
			db := rows.New(engine)
			want := map[string][]call.Event{}
			next := func(tx storage.Tx) error {
				id := []string{"a", "b", "b", "", "ab"}[random.IntN(5)]
				e, err := tx.AppendEvent(call.Event{Tenant: "acme", CallID: id, Kind: "k", Actor: strconv.Itoa(random.Int())})
				want[id] = append(want[id], e)
				return err
			}
			require.NoError(t, db.Update(t.Context(), func(tx storage.Tx) error {
				for range version2 {
					if err := next(tx); err != nil {
						return err
					}
				}
				return nil
			}))
			plant(t, engine, func(w kv.Writer) {
				for _, table := range []byte{0x08, 0x1f} {
					for k := range w.Ascend([]byte{table}, []byte{table + 1}) {
						w.Delete(k)
					}
				}
				for id, events := range want {
					for _, e := range events {
						if id != "" {
							w.Put(fmt.Appendf(nil, "\x08acme\x00%s\x00\x00\x00\x00\x00\x00\x00\x00%c", id, byte(e.Seq)), nil)
						}
					}
				}
			})
			require.NoError(t, db.Check(t.Context()))
			for range 120 - version2 {
				require.NoError(t, db.Update(t.Context(), next))
			}
			require.NoError(t, db.Check(t.Context()))
			delete(want, "")
			require.NoError(t, db.View(t.Context(), func(tx storage.Tx) error {
				for id, events := range want {
					for after := range uint64(122) {
						for _, limit := range []int{1, 2, 15, 16, 17, 200} {
							var expected []call.Event
							for _, e := range events {
								if e.Seq > after && len(expected) < limit {
									expected = append(expected, e)
								}
							}
							got, err := tx.CallEvents("acme", id, after, limit)
							require.NoError(t, err)
							require.Equal(t, expected, got, "%s after %d, %d", id, after, limit)
						}
					}
				}
				return nil
			}))
			kept := 0
			require.NoError(t, engine.View(t.Context(), nil, func(r kv.Reader) error {
				for range r.Ascend([]byte{0x08}, []byte{0x09}) {
					kept++
				}
				return nil
			}))
			require.LessOrEqual(t, kept, version2+120/16, "events share rows")
		})
	}
}
