package call_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// TestHangUpByEpoch: who hangs up with a connection that a newer one has replaced does not speak for the participant.
func TestHangUpByEpoch(t *testing.T) {
	at := time.Date(2026, 2, 15, 14, 30, 0, 0, time.UTC)
	base := call.Call{Tenant: "acme", ID: "c"}
	for _, test := range []struct {
		status call.Status
		epoch  uint64 // of the call's customer; her connection's is 2
		want   call.Status
	}{
		{call.Active, 2, call.Completed},
		{call.Queued, 2, call.Cancelled},
		{call.Active, 3, call.Active},
		{call.Queued, 3, call.Queued},
		{call.Assigned, 3, call.Assigned},
	} {
		for _, present := range []bool{true, false} { // to be lost already is no reason not to hang up
			c := base
			c.Status = test.status
			c.CustomerConn = call.Participant{Epoch: test.epoch, Present: present}
			got, events, err := call.Apply(c, call.Change{Trigger: call.Leave, Side: call.SideCustomer, Epoch: 2, At: at})
			require.NoError(t, err)
			assert.Equal(t, test.want, got.Status)
			if test.want == test.status {
				assert.Equal(t, c, got)
				assert.Empty(t, events)
			} else {
				assert.Len(t, events, 1)
			}
		}
	}

	ended := base
	ended.Status = call.Completed
	for _, epoch := range []uint64{0, 1, 2} {
		_, _, err := call.Apply(ended, call.Change{Trigger: call.Leave, Side: call.SideCustomer, Epoch: epoch, At: at})
		assert.ErrorIs(t, err, call.ErrRefused, "nothing leaves an end")
	}
}
