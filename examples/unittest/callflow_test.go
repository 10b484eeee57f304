// Package unittest shows how a host tests its own call flow: on the store in memory, inside a bubble of
// testing/synctest, where half an hour costs nothing and a limit passes to the microsecond.
package unittest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/memory"
)

var (
	ana = call.Actor{Tenant: "acme", ID: "ana", Name: "Ana Souza", Role: call.RoleAttendant}
	sam = call.Actor{Tenant: "acme", ID: "sam", Name: "Sam Supervisor", Role: call.RoleSupervisor}
)

var maria = call.Intake{Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"}}

// A customer joins the queue and nobody takes the call.
func TestAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, err := voki.New(voki.Options{Store: memory.New()})
		require.NoError(t, err)
		go v.Run(t.Context()) // the limits are applied until the test ends

		c, err := v.Calls.Enqueue(t.Context(), maria)
		require.NoError(t, err)

		time.Sleep(31 * time.Minute) // the bubble's time: costs nothing
		synctest.Wait()
		c, err = v.Calls.Get(t.Context(), ana, c.ID)
		require.NoError(t, err)
		require.Equal(t, call.Abandoned, c.Status)
		require.Equal(t, call.EndAbandoned, c.EndReason)
		require.Equal(t, 30*time.Minute, c.EndedAt.Sub(c.InsertedAt), "at the limit's own time")
	})
}

// The customer drops out of the call twice: the first time she comes back, the second time she does not. The host has a
// transport of its own, and tells v.Presence of its connections.
func TestLostForGood(t *testing.T) {
	began := time.Now() // outside the bubble, where it is the wall's
	defer func() { t.Logf("the whole life took %s of wall time", time.Since(began)) }()
	synctest.Test(t, func(t *testing.T) {
		v, err := voki.New(voki.Options{Store: memory.New()})
		require.NoError(t, err)
		go v.Run(t.Context())

		// She waits twelve seconds, her browser connected, until Ana takes the call and starts it.
		c, err := v.Calls.Enqueue(t.Context(), maria)
		require.NoError(t, err)
		browser, err := v.Presence.Join(t.Context(), "acme", c.ID, call.SideCustomer)
		require.NoError(t, err)
		time.Sleep(12 * time.Second)
		_, err = v.Calls.Assign(t.Context(), ana, c.ID, "")
		require.NoError(t, err)
		c, err = v.Calls.Start(t.Context(), ana, c.ID)
		require.NoError(t, err)
		wait, _ := c.WaitTime()
		require.Equal(t, 12*time.Second, wait)

		// Her train goes through a tunnel, and the connection breaks.
		time.Sleep(2 * time.Minute)
		require.NoError(t, browser.Lost(t.Context()))
		c, err = v.Calls.Get(t.Context(), ana, c.ID)
		require.NoError(t, err)
		require.Equal(t, time.Minute, c.CustomerConn.Deadline.Sub(c.DisconnectedAt))

		// After 59 seconds she is back, within the grace.
		time.Sleep(59 * time.Second)
		browser, err = v.Presence.Join(t.Context(), "acme", c.ID, call.SideCustomer)
		require.NoError(t, err)
		c = browser.Call
		require.Equal(t, call.Active, c.Status)
		require.Equal(t, 59*time.Second, c.ReconnectedAt.Sub(c.DisconnectedAt))

		// In the next tunnel her battery dies, and the grace passes.
		time.Sleep(time.Minute)
		require.NoError(t, browser.Lost(t.Context()))
		deadline := time.Now().Add(time.Minute).UTC()
		time.Sleep(time.Minute)
		synctest.Wait()

		c, err = v.Calls.Get(t.Context(), ana, c.ID)
		require.NoError(t, err)
		require.Equal(t, call.Completed, c.Status)
		require.Equal(t, call.EndDisconnect, c.EndReason)
		require.Equal(t, deadline, c.CompletedAt())
		duration, _ := c.Duration()
		require.Equal(t, 4*time.Minute+59*time.Second, duration)

		// The log has all of it, in order.
		var kinds []call.Kind
		for event, err := range v.Events(t.Context(), "acme", 0) {
			require.NoError(t, err)
			if kinds = append(kinds, event.Kind); event.Data.To.Ended() {
				break
			}
		}
		require.Equal(t, []call.Kind{
			call.KindCreated, call.KindJoined, call.KindAssigned, call.KindStarted,
			call.KindDisconnected, call.KindReconnected, call.KindDisconnected, call.KindCompleted,
		}, kinds)
	})
}

// The customer opens the call on her phone, and the laptop falls asleep: that is no loss. Then the server dies, and is
// back after an hour: she and the agent have a minute from then.
func TestTakeoverAndRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		v, err := voki.New(voki.Options{Store: store})
		require.NoError(t, err)
		ctx, die := context.WithCancel(t.Context())
		dead := make(chan error)
		go func() { dead <- v.Run(ctx) }()

		c, err := v.Calls.Enqueue(t.Context(), maria)
		require.NoError(t, err)
		laptop, err := v.Presence.Join(t.Context(), "acme", c.ID, call.SideCustomer)
		require.NoError(t, err)
		_, err = v.Calls.Assign(t.Context(), ana, c.ID, "")
		require.NoError(t, err)
		_, err = v.Calls.Start(t.Context(), ana, c.ID)
		require.NoError(t, err)
		_, err = v.Presence.Join(t.Context(), "acme", c.ID, call.SideCustomer) // the phone
		require.NoError(t, err)
		<-laptop.Taken()
		require.NoError(t, laptop.Lost(t.Context()))
		time.Sleep(2 * time.Minute)

		die()
		require.NoError(t, <-dead)
		time.Sleep(time.Hour)
		v, err = voki.New(voki.Options{Store: store}) // the next process
		require.NoError(t, err)
		go v.Run(t.Context())
		restarted := time.Now()

		time.Sleep(time.Minute)
		synctest.Wait()
		c, err = v.Calls.Get(t.Context(), ana, c.ID)
		require.NoError(t, err)
		require.Equal(t, call.EndDisconnect, c.EndReason)
		require.Equal(t, restarted.Add(time.Minute).UTC(), c.CompletedAt())
	})
}

// A call as it should be: served, rated by the customer, noted by the supervisor.
func TestServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, err := voki.New(voki.Options{Store: memory.New()})
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		stopped := make(chan error)
		go func() { stopped <- v.Run(ctx) }()

		c, err := v.Calls.Enqueue(ctx, maria)
		require.NoError(t, err)
		_, err = v.Calls.Assign(ctx, ana, c.ID, "")
		require.NoError(t, err)
		_, err = v.Calls.Start(ctx, ana, c.ID)
		require.NoError(t, err)
		time.Sleep(5 * time.Minute)
		_, err = v.Calls.Complete(ctx, ana, c.ID, "Helped with the configuration.")
		require.NoError(t, err)
		_, err = v.Calls.Evaluate(ctx, "acme", c.ID, 5, "Quick and kind.")
		require.NoError(t, err)
		_, err = v.Notes.Add(ctx, sam, c.ID, "Excellent service.")
		require.NoError(t, err)

		detail, err := v.Detail(ctx, sam, c.ID)
		require.NoError(t, err)
		require.Equal(t, call.Completed, detail.Call.Status)
		require.Equal(t, "Ana Souza", detail.Call.User.Name)
		require.Equal(t, "Helped with the configuration.", detail.Call.Notes)
		require.Equal(t, 5, detail.Call.Rating)
		require.Equal(t, "[2000-01-01 00:05 - Sam Supervisor] Excellent service.", detail.Notes)

		stop()
		require.NoError(t, <-stopped, "Run ends with its context")
	})
}
