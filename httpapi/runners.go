package httpapi

import (
	"context"
	"sync"
)

// runners are things that run while somebody uses them, one for each key: made for the first user, ended when the last
// one has gone. They run in goroutines that begin starts and end waits for; before begin they are there, and stand.
type runners[K comparable, V any] struct {
	create func(context.Context, K) (V, error)
	run    func(V, context.Context)

	mu      sync.Mutex
	ctx     context.Context // between begin and end
	of      map[K]*runner[V]
	running sync.WaitGroup
}

type runner[V any] struct {
	users  int
	ready  chan struct{} // closed when value and err are there
	value  V
	err    error
	cancel context.CancelFunc // nil if it does not run
}

func newRunners[K comparable, V any](
	create func(context.Context, K) (V, error), run func(V, context.Context),
) *runners[K, V] {
	return &runners[K, V]{create: create, run: run, of: map[K]*runner[V]{}}
}

// use returns what there is for a key, made by one of those who come for it at once. It is to be followed by release,
// unless there is an error.
func (r *runners[K, V]) use(ctx context.Context, key K) (V, error) {
	r.mu.Lock()
	if known := r.of[key]; known != nil {
		known.users++
		r.mu.Unlock()
		<-known.ready
		return known.value, known.err
	}
	fresh := &runner[V]{users: 1, ready: make(chan struct{})}
	r.of[key] = fresh
	r.mu.Unlock()

	fresh.value, fresh.err = r.create(ctx, key)
	r.mu.Lock()
	defer r.mu.Unlock()
	if fresh.err != nil {
		delete(r.of, key)
	} else {
		r.start(fresh)
	}
	close(fresh.ready)
	return fresh.value, fresh.err
}

// release ends a use.
func (r *runners[K, V]) release(key K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.of[key]
	if known.users--; known.users > 0 {
		return
	}
	delete(r.of, key)
	if known.cancel != nil {
		known.cancel()
	}
}

// start lets one run, if it is time. r.mu is held.
func (r *runners[K, V]) start(one *runner[V]) {
	if r.ctx == nil || one.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(r.ctx)
	one.cancel = cancel
	r.running.Go(func() {
		defer cancel()
		r.run(one.value, ctx)
	})
}

// begin starts what is there, and what comes, until end.
func (r *runners[K, V]) begin(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ctx = ctx
	for _, one := range r.of {
		select {
		case <-one.ready:
			r.start(one)
		default: // it is being made, and started then
		}
	}
}

// end ends all that run and waits for them.
func (r *runners[K, V]) end() {
	r.mu.Lock()
	r.ctx = nil
	for _, one := range r.of {
		if one.cancel != nil {
			one.cancel()
		}
	}
	r.mu.Unlock()
	r.running.Wait()
}
