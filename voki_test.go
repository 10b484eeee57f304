package voki_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
	"github.com/avanter/voki/tag"
)

func actor(role call.Role) call.Actor {
	return call.Actor{Tenant: "acme", ID: string(role), Name: "Ana", Role: role}
}

func newVoki(t testing.TB, o voki.Options) *voki.Voki {
	t.Helper()
	if o.Store == nil {
		store := memory.New()
		t.Cleanup(func() { assert.NoError(t, store.Close()) })
		o.Store = store
	}
	v, err := voki.New(o)
	require.NoError(t, err)
	return v
}

func enqueue(t testing.TB, v *voki.Voki) call.Call {
	t.Helper()
	c, err := v.Calls.Enqueue(t.Context(), call.Intake{
		Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"},
	})
	require.NoError(t, err)
	return c
}

// completed returns a call that has been served.
func completed(t testing.TB, v *voki.Voki) call.Call {
	t.Helper()
	c := enqueue(t, v)
	ana := actor(call.RoleAttendant)
	_, err := v.Calls.Assign(t.Context(), ana, c.ID, "")
	require.NoError(t, err)
	_, err = v.Calls.Start(t.Context(), ana, c.ID)
	require.NoError(t, err)
	c, err = v.Calls.Complete(t.Context(), ana, c.ID, "")
	require.NoError(t, err)
	return c
}

func TestNew(t *testing.T) {
	_, err := voki.New(voki.Options{})
	require.Error(t, err, "without a store there is nothing to work with")

	closed := memory.New()
	require.NoError(t, closed.Close())
	_, err = voki.New(voki.Options{Store: closed})
	require.ErrorIs(t, err, storage.ErrClosed)

	v := newVoki(t, voki.Options{MaxUpload: 7, MaxRecording: 9})
	assert.EqualValues(t, 7, v.Media.MaxUpload())
	assert.EqualValues(t, 9, v.Media.MaxRecording())
	assert.NoError(t, v.Health())
}

func TestKey(t *testing.T) {
	store := memory.New()
	v := newVoki(t, voki.Options{Store: store})
	one := v.Key("websocket tokens")
	assert.Len(t, one, 32)
	assert.Equal(t, one, v.Key("websocket tokens"))
	assert.NotEqual(t, one, v.Key("downloads"), "each purpose has its own")
	assert.NotEqual(t, one, newVoki(t, voki.Options{}).Key("websocket tokens"), "each installation has its own")
	assert.Equal(t, one, newVoki(t, voki.Options{Store: store}).Key("websocket tokens"), "a restart changes none")

	one[0]++
	assert.NotEqual(t, one, v.Key("websocket tokens"), "the caller's copy is the caller's")
}

// TestKeyOfManyProcesses: those that start at once on a new store agree.
func TestKeyOfManyProcesses(t *testing.T) {
	store := memory.New()
	keys := make([][]byte, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			if v, err := voki.New(voki.Options{Store: store}); assert.NoError(t, err) {
				keys[i] = v.Key("x")
			}
		})
	}
	wg.Wait()
	for _, key := range keys {
		assert.Equal(t, keys[0], key)
	}
}

// TestRun: it returns nil when its context ends; the bubble checks that nothing runs on.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVoki(t, voki.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- v.Run(ctx) }()
		c := enqueue(t, v)
		time.Sleep(31 * time.Minute)
		synctest.Wait()
		c, err := v.Calls.Get(t.Context(), actor(call.RoleAttendant), c.ID)
		require.NoError(t, err)
		assert.Equal(t, call.Abandoned, c.Status)
		cancel()
		assert.NoError(t, <-done)
		assert.NoError(t, v.Run(ctx), "nor does it begin after that")
	})
}

// shared is a store that several processes have open.
type shared struct{ storage.Store }

// TestRunClearsLeftovers: content of uploads that were cut off when a process died. Where other processes are, only
// what is so old that nobody can still be sending it.
func TestRunClearsLeftovers(t *testing.T) {
	for name, test := range map[string]struct {
		store func() storage.Store
		gone  []string
	}{
		"exclusive": {func() storage.Store { return memory.New() }, []string{"files/old", "files/new"}},
		"shared":    {func() storage.Store { return shared{memory.New()} }, []string{"files/old"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, blobs := test.store(), media.NewMemory()
				leave := func(key string, at time.Time) {
					_, err := blobs.Put(t.Context(), key, strings.NewReader("x"))
					require.NoError(t, err)
					require.NoError(t, store.Update(t.Context(), func(tx storage.Tx) error {
						return tx.PutPending(media.Pending{Key: key, Time: at})
					}))
				}
				leave("files/old", call.Now().Add(-25*time.Hour))
				leave("files/new", call.Now().Add(-23*time.Hour))
				v := newVoki(t, voki.Options{Store: store, Blobs: blobs})
				time.Sleep(time.Second)
				leave("files/running", call.Now())

				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- v.Run(ctx) }()
				synctest.Wait()
				for _, key := range []string{"files/old", "files/new", "files/running"} {
					_, err := blobs.Open(t.Context(), key)
					if slices.Contains(test.gone, key) {
						assert.ErrorIs(t, err, media.ErrNoBlob, key)
					} else {
						assert.NoError(t, err, key)
					}
				}
				cancel()
				require.NoError(t, <-done)
			})
		})
	}
}

// companies has one company, far from Greenwich.
type companies struct{}

func (companies) Tenant(_ context.Context, slug string) (call.Tenant, error) {
	if slug != "acme" {
		return call.Tenant{}, call.ErrTenantNotFound
	}
	return call.Tenant{Name: "Acme", Location: time.FixedZone("BRT", -3*3600)}, nil
}

func TestDetail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVoki(t, voki.Options{Tenants: companies{}})
		c := completed(t, v)
		detail, err := v.Detail(t.Context(), actor(call.RoleOwner), c.ID)
		require.NoError(t, err)
		assert.Equal(t, voki.Detail{Call: c, Tags: []tag.Tag{}}, detail)

		manager := actor(call.RoleManager)
		urgent, err := v.Tags.Create(t.Context(), manager, tag.Tag{Name: "Urgent"})
		require.NoError(t, err)
		_, _, err = v.Tags.Add(t.Context(), manager, c.ID, urgent.ID)
		require.NoError(t, err)
		_, err = v.Notes.Add(t.Context(), manager, c.ID, "Excellent service.")
		require.NoError(t, err)

		// The bubble's time begins at midnight UTC, 2000-01-01, which is the evening before where the company is.
		for role, want := range map[call.Role]string{
			call.RoleAttendant:  "",
			call.RoleSupervisor: "[1999-12-31 21:00 - Ana] Excellent service.",
			call.RoleManager:    "[1999-12-31 21:00 - Ana] Excellent service.",
			call.RoleOwner:      "[1999-12-31 21:00 - Ana] Excellent service.",
		} {
			detail, err := v.Detail(t.Context(), actor(role), c.ID)
			require.NoError(t, err)
			assert.Equal(t, voki.Detail{Call: c, Tags: []tag.Tag{urgent}, Notes: want}, detail, role)
		}

		for _, id := range []string{"", "unknown", "\x00", strings.Repeat("x", 4000)} {
			_, err = v.Detail(t.Context(), actor(call.RoleOwner), id)
			assert.ErrorIs(t, err, call.ErrNotFound)
		}
		_, err = v.Detail(t.Context(), actor(""), c.ID)
		assert.ErrorIs(t, err, call.ErrForbidden)
		_, err = v.Detail(t.Context(), call.Actor{Tenant: "other", ID: "x", Role: call.RoleOwner}, c.ID)
		assert.ErrorIs(t, err, call.ErrTenantNotFound)
	})
}

func TestDetailOfAnotherTenant(t *testing.T) {
	v := newVoki(t, voki.Options{})
	c := enqueue(t, v)
	_, err := v.Detail(t.Context(), call.Actor{Tenant: "other", ID: "x", Role: call.RoleOwner}, c.ID)
	assert.ErrorIs(t, err, call.ErrNotFound)
}

func TestHealthOfAStoreThatCannotTell(t *testing.T) {
	assert.NoError(t, newVoki(t, voki.Options{Store: shared{memory.New()}}).Health())
}
