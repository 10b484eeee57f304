package httpapi

import (
	"sync"

	"github.com/avanter/voki/call"
)

// crowd counts the open sockets of each holder of a token, so that one token cannot take up the server. What it knows
// is this process's.
type crowd struct {
	perUser, perParticipant int // negative: unbounded

	mu sync.Mutex
	of map[holder]int
}

// holder is who counts as one: a user with whatever tokens he has, or a participant of a call who came by a token for
// that alone.
type holder struct {
	tenant, userID, callID string
	side                   call.Side
}

func holderOf(v *visitor) holder {
	if v.user() {
		return holder{tenant: v.tenant, userID: v.actor.ID}
	}
	return holder{tenant: v.tenant, callID: v.callID, side: v.side}
}

// enter tells whether a visitor may have one more socket, and counts it if so, until leave.
func (c *crowd) enter(v *visitor) bool {
	most := c.perParticipant
	if v.user() {
		most = c.perUser
	}
	h := holderOf(v)
	c.mu.Lock()
	defer c.mu.Unlock()
	if most >= 0 && c.of[h] >= most {
		return false
	}
	c.of[h]++
	return true
}

func (c *crowd) leave(v *visitor) {
	h := holderOf(v)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[h]--; c.of[h] == 0 {
		delete(c.of, h)
	}
}
