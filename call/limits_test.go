package call_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// TestLimitsResolve: a tenant's limits go before the host's, and those before the defaults; negative is off.
func TestLimitsResolve(t *testing.T) {
	const s = time.Second
	for name, test := range map[string]struct {
		tenant, host, want call.Limits
	}{
		"defaults": {want: call.Limits{Queue: 1800 * s, Answer: 60 * s, Grace: 60 * s}},
		"host": {
			host: call.Limits{Queue: 1 * s, Answer: 2 * s, Grace: 3 * s, Longest: 4 * s},
			want: call.Limits{Queue: 1 * s, Answer: 2 * s, Grace: 3 * s, Longest: 4 * s},
		},
		"tenant over host, field by field": {
			tenant: call.Limits{Queue: 9 * s, Longest: 8 * s},
			host:   call.Limits{Queue: 1 * s, Answer: 2 * s},
			want:   call.Limits{Queue: 9 * s, Answer: 2 * s, Grace: 60 * s, Longest: 8 * s},
		},
		"host turns off":           {host: call.Limits{Queue: -1, Answer: -1, Grace: -1, Longest: -1}},
		"tenant turns off":         {tenant: call.Limits{Queue: -1, Answer: -s, Grace: -9 * s, Longest: -1}, host: call.Limits{Longest: s}},
		"tenant turns back on":     {tenant: call.Limits{Queue: s, Answer: s, Grace: s}, host: call.Limits{Queue: -1, Answer: -1, Grace: -1}, want: call.Limits{Queue: s, Answer: s, Grace: s}},
		"four hours as the binary": {host: call.Limits{Longest: 4 * time.Hour}, want: call.Limits{Queue: 1800 * s, Answer: 60 * s, Grace: 60 * s, Longest: 4 * time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			service := newService(t, call.Options{
				Limits: test.host, Tenants: tenants{"acme": {Limits: test.tenant}},
			})
			assert.Equal(t, test.want, enqueue(t, service, maria).Limits)
		})
	}
}

// TestLimitsAreData: what a tenant changes later does not move the limits of the calls that are there.
func TestLimitsAreData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		companies := tenants{"acme": {Limits: call.Limits{Queue: 10 * time.Minute}}, "other": {}}
		s := newService(t, call.Options{Tenants: companies})
		before := enqueue(t, s, maria)
		elsewhere := maria
		elsewhere.Tenant = "other"
		other := enqueue(t, s, elsewhere)

		companies["acme"] = call.Tenant{Limits: call.Limits{Queue: time.Minute}}
		after := enqueue(t, s, maria)
		defer run(t, s)()

		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, call.Abandoned, get(t, s, after.ID).Status)
		assert.Equal(t, call.Queued, get(t, s, before.ID).Status)
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		assert.Equal(t, call.Abandoned, get(t, s, before.ID).Status)
		there, err := s.Get(t.Context(), stranger, other.ID)
		require.NoError(t, err)
		assert.Equal(t, call.Queued, there.Status, "the limits of one tenant concern no other")
	})
}

func TestTenantIsFilled(t *testing.T) {
	saoPaulo := time.FixedZone("BRT", -3*3600)
	s := newService(t, call.Options{
		Tenants: tenants{"acme": {}, "other": {Name: "Other", Location: saoPaulo, MaxQueue: 3}},
		Limits:  call.Limits{Longest: time.Hour},
	})
	acme, err := s.Tenant(t.Context(), "acme")
	require.NoError(t, err)
	assert.Equal(t, time.UTC, acme.Location)
	assert.Equal(t, time.Hour, acme.Limits.Longest)
	other, err := s.Tenant(t.Context(), "other")
	require.NoError(t, err)
	assert.Equal(t, saoPaulo, other.Location)
	assert.Equal(t, 3, other.MaxQueue)
	_, err = s.Tenant(t.Context(), "third")
	assert.ErrorIs(t, err, call.ErrTenantNotFound)
}
