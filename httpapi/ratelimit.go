package httpapi

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

// limiter lets through so many requests of an address within any minute. It remembers the times of those it let
// through in the last minute, and of no more than maxAddresses addresses: the ones that have been silent longest are
// forgotten first.
type limiter struct {
	rate int

	mu     sync.Mutex
	byAddr map[netip.Prefix]*list.Element // of *visits
	recent *list.List                     // last heard of first
}

// visits are the requests of one address that were let through, oldest first.
type visits struct {
	from  netip.Prefix
	times []time.Time
}

const (
	rateWindow   = time.Minute
	maxAddresses = 1 << 16
)

func newLimiter(rate int) *limiter {
	return &limiter{rate: rate, byAddr: map[netip.Prefix]*list.Element{}, recent: list.New()}
}

// take reports whether an address may make a request now, and otherwise how long it is to wait.
func (l *limiter) take(addr netip.Addr, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	v := l.visitsOf(neighbourhood(addr))
	v.drop(now)
	if len(v.times) >= l.rate {
		return v.times[0].Add(rateWindow).Sub(now), false
	}
	v.times = append(v.times, now)
	return 0, true
}

func (l *limiter) visitsOf(from netip.Prefix) *visits {
	if e, ok := l.byAddr[from]; ok {
		l.recent.MoveToFront(e)
		return e.Value.(*visits)
	}
	v := &visits{from: from}
	l.byAddr[from] = l.recent.PushFront(v)
	return v
}

// forget drops addresses that were silent for a minute, and those that are too many.
func (l *limiter) forget(now time.Time) {
	for e := l.recent.Back(); e != nil; e = l.recent.Back() {
		v := e.Value.(*visits)
		if v.drop(now); len(v.times) > 0 && l.recent.Len() < maxAddresses {
			return
		}
		l.recent.Remove(e)
		delete(l.byAddr, v.from)
	}
}

// drop forgets what is older than a minute.
func (v *visits) drop(now time.Time) {
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
