package httpapi

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

// limiter lets through so many requests of whoever makes them, such as an address, within any minute. It remembers the
// times of those it let through in the last minute, and of no more than maxVisitors: the ones that have been silent longest
// are forgotten first.
type limiter[K comparable] struct {
	rate int

	mu     sync.Mutex
	by     map[K]*list.Element // of *visits[K]
	recent *list.List          // last heard of first
}

// visits are the requests of one that were let through, oldest first.
type visits[K comparable] struct {
	from  K
	times []time.Time
}

const (
	rateWindow  = time.Minute
	maxVisitors = 1 << 16
)

func newLimiter[K comparable](rate int) *limiter[K] {
	return &limiter[K]{rate: rate, by: map[K]*list.Element{}, recent: list.New()}
}

// take reports whether from may make a request now, and otherwise how long it is to wait.
func (l *limiter[K]) take(from K, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	v := l.visitsOf(from)
	v.drop(now)
	if len(v.times) >= l.rate {
		return v.times[0].Add(rateWindow).Sub(now), false
	}
	v.times = append(v.times, now)
	return 0, true
}

func (l *limiter[K]) visitsOf(from K) *visits[K] {
	if e, ok := l.by[from]; ok {
		l.recent.MoveToFront(e)
		return e.Value.(*visits[K])
	}
	v := &visits[K]{from: from}
	l.by[from] = l.recent.PushFront(v)
	return v
}

// forget drops those that were silent for a minute, and those that are too many.
func (l *limiter[K]) forget(now time.Time) {
	for e := l.recent.Back(); e != nil; e = l.recent.Back() {
		v := e.Value.(*visits[K])
		if v.drop(now); len(v.times) > 0 && l.recent.Len() < maxVisitors {
			return
		}
		l.recent.Remove(e)
		delete(l.by, v.from)
	}
}

// drop forgets what is older than a minute.
func (v *visits[K]) drop(now time.Time) {
	old := 0
	for old < len(v.times) && now.Sub(v.times[old]) >= rateWindow {
		old++
	}
	v.times = append(v.times[:0], v.times[old:]...)
}

// neighbourhood is what counts as one address: an IPv4 address, or the /64 that a subscriber of IPv6 has.
func neighbourhood(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.Prefix(bits)
	if err != nil { // no address at all: they share one
		return netip.Prefix{}
	}
	return p
}
