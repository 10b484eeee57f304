package admin

import (
	"context"
	"fmt"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
)

// Jobs implements [Ops].
func (l *Local) Jobs(ctx context.Context, tenant string, f follow.Filter, after string, limit int) ([]follow.Job, error) {
	if err := l.known(ctx, tenant); err != nil {
		return nil, err
	}
	return l.Voki.Jobs.List(ctx, actor(tenant), f, after, limit)
}

// Job implements [Ops].
func (l *Local) Job(ctx context.Context, tenant, id string) (follow.Job, error) {
	return l.job(ctx, tenant, id, l.Voki.Jobs.Get)
}

// RetryJob implements [Ops].
func (l *Local) RetryJob(ctx context.Context, tenant, id string) (follow.Job, error) {
	return l.job(ctx, tenant, id, l.Voki.Jobs.Retry)
}

// CancelJob implements [Ops].
func (l *Local) CancelJob(ctx context.Context, tenant, id string) (follow.Job, error) {
	return l.job(ctx, tenant, id, l.Voki.Jobs.Cancel)
}

func (l *Local) job(
	ctx context.Context, tenant, id string, do func(context.Context, call.Actor, string) (follow.Job, error),
) (follow.Job, error) {
	if err := l.known(ctx, tenant); err != nil {
		return follow.Job{}, err
	}
	j, err := do(ctx, actor(tenant), id)
	if err != nil {
		return follow.Job{}, fmt.Errorf("job %q of %s: %w", id, tenant, err)
	}
	return j, nil
}
