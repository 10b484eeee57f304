package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/httpapi/jwtauth"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
	"github.com/avanter/voki/storage/memory"
)

// ours is Voki as a host mounts it: the API's own route with a token that is checked, on one of its stores.
type ours struct {
	role   role
	store  storage.Store // nil until it is needed
	memory bool
	end    func() // of what runs beside the API
}

func newVoki(r role) *ours   { return &ours{role: r, end: func() {}} }
func newMemory(r role) *ours { return &ours{role: r, end: func() {}, memory: true} }

// open opens the store in that file, if none is open yet. One in memory has its data put in again.
func (o *ours) open(name string, d data) error {
	if o.store != nil {
		return nil
	}
	if o.memory {
		o.store = memory.New()
		return o.put(d, call.Limits{})
	}
	store, err := bolt.Open(filepath.Join(o.role.Dir, name), bolt.Options{})
	if err != nil {
		return err
	}
	o.store = store
	return nil
}

// Calls have no limits, so that those that are open stay so; those that are changed have them, so that each change
// moves a deadline.
var changing = call.Limits{Queue: time.Hour, Answer: time.Minute, Grace: time.Minute}

func (o *ours) load(d data, writes int) error {
	if o.memory {
		return nil
	}
	if err := o.open("calls.db", d); err != nil {
		return err
	}
	if err := o.put(d, call.Limits{}); err != nil || o.role.InPlace {
		return err
	}
	if err := o.close(); err != nil {
		return err
	}
	few := data{Calls: writes, Tenants: 1}
	if err := o.open("changes.db", few); err != nil {
		return err
	}
	return o.put(few, changing)
}

// put writes all calls, with an event each, as an import does.
func (o *ours) put(d data, limits call.Limits) error {
	const portion = 5000
	for from := 0; from < d.Calls; from += portion {
		err := o.store.Update(context.Background(), func(tx storage.Tx) error {
			for n := from; n < min(from+portion, d.Calls); n++ {
				c := d.call(n)
				c.Limits = limits
				if err := tx.PutCall(c); err != nil {
					return err
				}
				_, err := tx.AppendEvent(call.Event{
					Tenant: c.Tenant, Time: c.ChangedAt, CallID: c.ID, Kind: call.KindImported,
					Data: call.Data{To: c.Status, EndReason: c.EndReason, DepartmentID: c.Department.ID, UserID: c.User.ID},
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *ours) serve() (http.Handler, http.Header, error) {
	if err := o.open("calls.db", o.role.Data); err != nil {
		return nil, nil, err
	}
	v, err := voki.New(voki.Options{Store: o.store})
	if err != nil {
		return nil, nil, err
	}
	auth, err := jwtauth.New(jwtauth.Options{Keys: [][]byte{bytes.Repeat([]byte("k"), 32)}})
	if err != nil {
		return nil, nil, err
	}
	api, err := httpapi.New(v, httpapi.Options{Authenticator: auth})
	if err != nil {
		return nil, nil, err
	}
	tenant := tenantName(0)
	token, err := auth.Sign(call.Actor{Tenant: tenant, ID: agentID(0), Name: "Ana", Role: call.RoleManager}, 24*time.Hour)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = v.Run(ctx) })
	running.Go(func() { _ = api.Run(ctx) })
	o.end = func() {
		cancel()
		running.Wait()
	}
	return api, http.Header{"Authorization": {"Bearer " + token}, "X-Tenant": {tenant}}, nil
}

// changer is the work of a service's method: the call, its event, its deadline, its place in the queue and in the list.
func (o *ours) changer() (func(int) error, error) {
	d, step, name := data{Calls: o.role.Writes, Tenants: 1}, 1, "changes.db"
	if o.role.InPlace {
		d, step, name = o.role.Data, o.role.Data.Calls/o.role.Writes, "calls.db"
	}
	if err := o.open(name, d); err != nil {
		return nil, err
	}
	keys := make([]call.Key, o.role.Writes)
	for i := range keys {
		c := d.call(i * step)
		keys[i] = call.Key{Tenant: c.Tenant, ID: c.ID}
	}
	return func(n int) error {
		return o.store.Update(context.Background(), func(tx storage.Tx) error {
			c, err := tx.Call(keys[n].Tenant, keys[n].ID)
			if err != nil {
				return err
			}
			now := call.Now()
			from := c.Status
			c.Status, c.User = toggled(from), call.Ref{ID: agentID(n % agents), Name: "Ana"}
			c.AssignedAt, c.ChangedAt, c.Limits = now, now, changing
			if _, err := tx.AppendEvent(call.Event{
				Tenant: c.Tenant, Time: now, CallID: c.ID, Kind: call.KindAssigned, Actor: c.User.ID,
				Data: call.Data{From: from, To: c.Status, UserID: c.User.ID},
			}); err != nil {
				return err
			}
			return tx.PutCall(c)
		})
	}, nil
}

func (o *ours) close() error {
	o.end()
	if o.store == nil {
		return nil
	}
	err := o.store.Close()
	o.store = nil
	if errors.Is(err, storage.ErrClosed) {
		return nil
	}
	return err
}
