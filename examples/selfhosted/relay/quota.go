package relay

import (
	"log/slog"
	"net"
	"strings"
	"sync"
)

// maxRelays is how many relays one participant may have at a time. A browser opens one for each way to the server and
// each of its networks, anew when a connection is lost, and leaves those before to end by themselves.
const maxRelays = 32

// quota counts the relays of each participant. Its methods are the handlers of pion.
type quota struct {
	log *slog.Logger

	mu   sync.Mutex
	open map[string]int
}

func newQuota(log *slog.Logger) *quota { return &quota{log: log, open: map[string]int{}} }

// participant is what stays the same in the usernames that somebody is given one after the other.
func participant(username string) string {
	_, name, _ := strings.Cut(username, ":")
	return name
}

// allow reports whether somebody may have another relay. It is asked after the credentials were found good.
func (q *quota) allow(username, _ string, _ net.Addr) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	name := participant(username)
	if q.open[name] < maxRelays {
		return true
	}
	q.log.Debug("too many relays", "participant", name)
	return false
}

func (q *quota) opened(_, _ net.Addr, _, username, _ string, _ net.Addr, _ int) { q.count(username, 1) }

func (q *quota) closed(_, _ net.Addr, _, username, _ string) { q.count(username, -1) }

func (q *quota) count(username string, change int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	name := participant(username)
	q.open[name] += change
	q.log.Debug("relays", "participant", name, "open", q.open[name])
	if q.open[name] == 0 {
		delete(q.open, name)
	}
}
