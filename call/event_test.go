package call_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// TestEventsHoldNoPersonalData: names, contacts and texts must never reach the log, which is not erased.
func TestEventsHoldNoPersonalData(t *testing.T) {
	t.Run("by the type", func(t *testing.T) {
		// A field that is added has to be thought about: is it an id, a state, a time or a reason?
		allowed := map[string]bool{
			"From": true, "To": true, "EndReason": true, "DepartmentID": true, "UserID": true, "Side": true,
			"Epoch": true, "Deadline": true, "Rating": true, "Subject": true, "Reason": true,
			"Erased": true,
		}
		for _, field := range reflect.VisibleFields(reflect.TypeFor[call.Data]()) {
			assert.True(t, allowed[field.Name], "Data.%s", field.Name)
		}
		for _, field := range reflect.VisibleFields(reflect.TypeFor[call.Erasure]()) {
			assert.Equal(t, reflect.Int, field.Type.Kind(), "Data.Erased.%s", field.Name)
		}
		allowed = map[string]bool{
			"Tenant": true, "Seq": true, "Time": true, "CallID": true, "Kind": true, "Actor": true, "Data": true,
		}
		for _, field := range reflect.VisibleFields(reflect.TypeFor[call.Event]()) {
			assert.True(t, allowed[field.Name], "Event.%s", field.Name)
		}
	})

	t.Run("by the content", func(t *testing.T) {
		private := map[string]bool{}
		secret := func(s string) string { private[s] = true; return s }
		unborn := call.Call{
			Tenant: "acme", ID: "c1",
			Department: call.Ref{ID: "support", Name: secret("Support")},
			Customer:   call.Customer{Name: secret("Maria"), Email: secret("maria@example.com"), Phone: secret("+55")},
			Reason:     secret("it does not start"),
			Limits:     call.Limits{Queue: time.Hour, Answer: time.Hour, Grace: time.Hour, Longest: time.Hour},
		}
		user := call.Ref{ID: "ana", Name: secret("Ana")}
		for _, from := range append([]call.Status{noCall}, call.Statuses()...) {
			c := in(t, from)
			c.Department, c.Customer, c.Reason = unborn.Department, unborn.Customer, unborn.Reason
			for _, trigger := range call.Triggers() {
				for _, side := range both {
					_, events, _ := call.Apply(c, call.Change{
						Trigger: trigger, At: later, Actor: "ana", User: user, Notes: secret("solved"), Side: side, Epoch: 1,
					})
					for _, e := range events {
						eachString(reflect.ValueOf(e), func(s string) {
							assert.False(t, private[s], "%s holds %q", e.Kind, s)
						})
					}
				}
			}
		}
	})
}

func TestEventData(t *testing.T) {
	_, events := apply(t, in(t, noCall), call.Change{Trigger: call.Enqueue, At: joined})
	assert.Equal(t, call.Data{To: call.Queued, DepartmentID: "support"}, events[0].Data)
	_, events = apply(t, in(t, call.Queued), call.Change{Trigger: call.Assign, User: bob, At: later})
	assert.Equal(t, call.Data{From: call.Queued, To: call.Assigned, UserID: "bob"}, events[0].Data)
	_, events = apply(t, in(t, call.Active), call.Change{Trigger: call.Leave, Side: call.SideCustomer, At: later})
	require.Equal(t, call.Data{
		From: call.Active, To: call.Completed, EndReason: call.EndNormal, Side: call.SideCustomer,
	}, events[0].Data)
}

// eachString walks a value and yields all strings in it.
func eachString(v reflect.Value, yield func(string)) {
	switch v.Kind() {
	case reflect.String:
		yield(v.String())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			eachString(v.Field(i), yield)
		}
	}
}
