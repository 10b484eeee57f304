package call_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// What a form made is remembered from the second time on, and never taken for what another one makes.
func TestFormsOfASharedCall(t *testing.T) {
	made := 0
	one := &call.Form{Append: func(b []byte, c *call.Call) []byte {
		made++
		return append(append(b, "one "...), c.ID...)
	}}
	other := &call.Form{Append: func(b []byte, c *call.Call) []byte { return append(append(b, "other "...), c.ID...) }}
	c := &call.Shared{Call: call.Call{ID: "c1"}}
	text := func(f *call.Form) string { return string(c.AppendForm([]byte("|"), f)) }
	for range 5 {
		assert.Equal(t, "|one c1", text(one))
	}
	assert.Equal(t, 2, made)
	for range 3 {
		for range 3 {
			assert.Equal(t, "|other c1", text(other))
		}
		assert.Equal(t, "|one c1", text(one))
	}

	nothing := &call.Form{Append: func(b []byte, _ *call.Call) []byte { return b }}
	for range 3 {
		assert.Equal(t, "|", text(nothing))
	}
}

func TestFormsAtOnce(t *testing.T) {
	c := &call.Shared{Call: call.Call{ID: "c1"}}
	var all sync.WaitGroup
	for i := range 4 {
		f := &call.Form{Append: func(b []byte, c *call.Call) []byte { return strconv.AppendInt(append(b, c.ID...), int64(i), 10) }}
		all.Go(func() {
			for range 1000 {
				if got := string(c.AppendForm(nil, f)); got != "c1"+strconv.Itoa(i) {
					t.Errorf("%q for %d", got, i)
				}
			}
		})
	}
	all.Wait()
}

// Share gives what List does, by a store that shares and by one that can only copy.
func TestShareIsList(t *testing.T) {
	shares := newStore(t)
	for name, store := range map[string]storage.Store{"shares": shares, "copies": struct{ storage.Store }{shares}} {
		t.Run(name, func(t *testing.T) {
			s := call.NewService(storageOf(store), call.Options{})
			enqueue(t, s, maria)
			enqueue(t, s, maria)
			page, err := s.List(t.Context(), attendant, call.Query{Limit: 2})
			require.NoError(t, err)
			require.Len(t, page.Calls, 2)

			room := []*call.Shared{{Call: call.Call{ID: "before"}}}
			calls, total, err := s.Share(t.Context(), attendant, call.Query{Limit: 2, Tenant: "another"}, room)
			require.NoError(t, err)
			assert.Equal(t, page.Total, total)
			require.Len(t, calls, 3)
			for i, c := range page.Calls {
				assert.Equal(t, c, calls[1+i].Call)
			}

			_, _, err = s.Share(t.Context(), call.Actor{Tenant: "acme", ID: "x"}, call.Query{}, nil)
			require.ErrorIs(t, err, call.ErrForbidden)
			_, _, err = s.Share(t.Context(), attendant, call.Query{Limit: -1}, nil)
			require.ErrorAs(t, err, new(call.FieldErrors))
			_, _, err = s.Share(t.Context(), attendant, call.Query{Search: "\u0301"}, nil)
			require.ErrorAs(t, err, new(call.FieldErrors))
		})
	}
}
