package storagetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// testCopies spoils what a store was given and what it has returned, inside the transaction and after it, and looks
// whether that changes what is kept.
func testCopies(t *testing.T, s suite) {
	store := s.fresh(t)
	w := world{tenants: []string{"acme"}, ids: []string{"c1"}, departments: []string{"c1"}, settings: []string{"c1"}}
	var want, inside string // as texts, which nothing can spoil
	update(t, store, func(tx storage.Tx) error {
		if err := writeAll(tx, "acme", "c1", 1); err != nil {
			return err
		}
		tags, waits, value := []string{"t1", "t2"}, []time.Duration{time.Second, time.Minute}, []byte("value")
		for _, err := range []error{
			tx.PutCallTags("acme", "c1", tags), tx.PutWaits("acme", "c1", waits), tx.PutSetting("c1", value),
		} {
			if err != nil {
				return err
			}
		}
		before, err := w.state(tx)
		if err != nil {
			return err
		}
		want = fmt.Sprintf("%+v", before)
		for _, slice := range []any{tags, waits, value} {
			spoil(slice)
		}
		again, err := w.state(tx)
		if err != nil {
			return err
		}
		for _, slice := range again {
			spoil(slice)
		}
		after, err := w.state(tx)
		inside = fmt.Sprintf("%+v", after)
		return err
	})
	require.Equal(t, want, inside, "inside the transaction")

	for range 2 {
		got := w.ask(t, store)
		require.Equal(t, want, fmt.Sprintf("%+v", got), "after the transaction")
		for _, slice := range got {
			spoil(slice)
		}
		page := list(t, store, call.Query{Tenant: "acme"})
		require.Equal(t, getCall(t, store, "acme", "c1"), page.Calls[0])
		spoil(page.Calls)
	}
}

// spoil clears the elements of a slice, and does nothing with what is none.
func spoil(slice any) {
	if v := reflect.ValueOf(slice); v.Kind() == reflect.Slice {
		for i := range v.Len() {
			v.Index(i).SetZero()
		}
	}
}
