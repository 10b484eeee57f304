package rows

import "sync"

// notifier wakes those who wait for a tenant's log to grow. It has no goroutine: a channel is made when somebody asks
// for it, and closed and forgotten by the next notify.
type notifier struct {
	mu      sync.Mutex
	waiting map[string]chan struct{} // by tenant; "" is for any
	closed  bool
}

// channel returns one that is closed at the next notify of the tenant, or of any if tenant is empty.
func (n *notifier) channel(tenant string) <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.waiting[tenant]
	if c != nil {
		return c
	}
	c = make(chan struct{})
	if n.closed {
		close(c)
		return c
	}
	if n.waiting == nil {
		n.waiting = make(map[string]chan struct{})
	}
	n.waiting[tenant] = c
	return c
}

// notify wakes those who wait for one of the tenants. It is called under the lock under which the new state becomes
// visible: who is woken finds the events in a View, which takes that lock after it.
func (n *notifier) notify(tenants []string) {
	if len(tenants) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wake("")
	for _, tenant := range tenants {
		n.wake(tenant)
	}
}

// close wakes everybody, for good.
func (n *notifier) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	for tenant := range n.waiting {
		n.wake(tenant)
	}
}

func (n *notifier) wake(tenant string) {
	if c := n.waiting[tenant]; c != nil {
		close(c)
		delete(n.waiting, tenant)
	}
}
