package follow

import (
	"context"
	"time"

	"github.com/avanter/voki/call"
)

const (
	// turnsAtOnce is how many tenants' events are planned at a time.
	turnsAtOnce = 4
	// shortNap bounds how often the heads of all logs are read while they grow; where reading them takes long, a
	// twentieth of the time is spent on it.
	shortNap  = 50 * time.Millisecond
	napFactor = 20
	// planPause is the rest after events that could not be planned; it doubles up to longPause.
	planPause = time.Second
	longPause = time.Minute
	// cursorAge is how old a cursor's row may be while no job follows from the events behind it.
	cursorAge = 5 * time.Second
)

// planner reads all logs. It keeps in memory how far each is planned, so that a log is read only when it has grown. Its
// fields belong to run; turns run on goroutines of their own and are handed back over finished.
type planner[T Tx] struct {
	*Queue[T]
	logs     map[string]*tenantLog
	waiting  []*tenantLog // for a turn
	turns    int          // running
	finished chan turn
}

// tenantLog is how far a tenant's log is planned.
type tenantLog struct {
	turn
	head   uint64
	queued bool          // waits for a turn, or has it
	after  time.Time     // no turn before
	pause  time.Duration // of the last failure
	behind time.Time     // since when the row is behind; zero if it is not
}

func newPlanner[T Tx](q *Queue[T]) *planner[T] {
	return &planner[T]{Queue: q, logs: map[string]*tenantLog{}, finished: make(chan turn)}
}

func (p *planner[T]) run(ctx context.Context) {
	for ctx.Err() == nil {
		appended, began := p.store.Appended(""), time.Now()
		if err := p.look(ctx); err != nil {
			p.failed(ctx, "the logs could not be read", err)
			continue
		}
		p.wait(ctx, appended, max(shortNap, napFactor*time.Since(began)))
	}
	for ; p.turns > 0; p.turns-- {
		<-p.finished
	}
}

// wait gives turns until it is time to look at the logs again: some time after one has grown, or, for what was put
// off, at the next poll.
func (p *planner[T]) wait(ctx context.Context, appended <-chan struct{}, nap time.Duration) {
	next, soon := time.NewTimer(poll), time.NewTimer(nap)
	defer next.Stop()
	defer soon.Stop()
	grown, rested := false, false
	for !grown || !rested {
		p.start(ctx)
		select {
		case <-ctx.Done():
			return
		case t := <-p.finished:
			p.finish(ctx, t)
		case <-appended:
			grown, appended = true, nil
		case <-soon.C:
			rested = true
		case <-next.C:
			return
		}
	}
}

// look finds the logs in which there is something to plan, and those whose cursor is to be written.
func (p *planner[T]) look(ctx context.Context) error {
	now := time.Now()
	return p.store.View(ctx, func(tx T) error {
		return eachLog(tx, func(head call.LogHead) error {
			l := p.logs[head.Tenant]
			if l == nil {
				seq, _, err := tx.Cursor(p.o.Name, head.Tenant)
				if err != nil {
					return err
				}
				l = &tenantLog{turn: turn{tenant: head.Tenant, stored: seq, read: seq}}
				p.logs[head.Tenant] = l
			}
			l.head = max(l.head, head.Seq)
			l.overdue = !l.behind.IsZero() && now.Sub(l.behind) >= cursorAge
			if (l.head > l.read || l.overdue) && !l.queued && !now.Before(l.after) {
				l.queued = true
				p.waiting = append(p.waiting, l)
			}
			return nil
		})
	})
}

// start gives turns to those who wait.
func (p *planner[T]) start(ctx context.Context) {
	for len(p.waiting) > 0 && p.turns < turnsAtOnce {
		t := p.waiting[0].turn
		p.waiting = p.waiting[1:]
		p.turns++
		go func() {
			defer func() { p.finished <- t }()
			t.err = errExit
			t = p.take(ctx, t)
		}()
	}
}

// finish takes a turn back. A log in which there is more waits behind the others.
func (p *planner[T]) finish(ctx context.Context, t turn) {
	p.turns--
	l := p.logs[t.tenant]
	l.turn, l.queued = t, false
	switch {
	case t.stored == t.read:
		l.behind = time.Time{}
	case l.behind.IsZero():
		l.behind = time.Now()
	}
	switch {
	case t.err != nil:
		l.pause = min(max(planPause, 2*l.pause), longPause)
		l.after = time.Now().Add(l.pause)
		if ctx.Err() == nil {
			p.log.WarnContext(ctx, "events could not be planned", "tenant", t.tenant, "error", t.err, "again_in", l.pause)
		}
	case t.more:
		l.queued = true
		p.waiting = append(p.waiting, l)
		fallthrough
	default:
		l.pause = 0
	}
}
