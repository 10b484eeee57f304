package follow

import (
	"context"

	"github.com/avanter/voki/call"
)

// Jobs lets people look after the jobs of all queues on a store. Its methods return an error that Is [call.ErrForbidden]
// below supervisor.
type Jobs struct{ store Store[Tx] }

// NewJobs returns the service on a store.
func NewJobs(store Store[Tx]) *Jobs { return &Jobs{store: store} }

const (
	// defaultLimit is how many jobs are listed if nobody says how many.
	defaultLimit = 100
	// maxLimit is the most.
	maxLimit = 1000
)

// List returns jobs of the actor's tenant that the filter picks, by id, behind the id after; the empty one begins.
// limit is at most 1,000, and defaults to 100.
func (s *Jobs) List(ctx context.Context, a call.Actor, f Filter, after string, limit int) (jobs []Job, err error) {
	if err := a.Require(call.RoleSupervisor); err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = defaultLimit
	}
	err = s.store.View(ctx, func(tx Tx) error {
		jobs, err = tx.Jobs(a.Tenant, f, after, min(limit, maxLimit))
		return err
	})
	return jobs, err
}

// Get returns a job. Returns [ErrNoJob].
func (s *Jobs) Get(ctx context.Context, a call.Actor, id string) (j Job, err error) {
	if err := a.Require(call.RoleSupervisor); err != nil {
		return Job{}, err
	}
	err = s.store.View(ctx, func(tx Tx) error {
		j, err = tx.Job(a.Tenant, id)
		return err
	})
	return j, err
}
