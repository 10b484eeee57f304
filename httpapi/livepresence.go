package httpapi

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/avanter/voki/httpapi/phx"
	"github.com/avanter/voki/presence"
)

// presenceTopic serves presence:{department_id}: the agents who are there. To join is to be there.
type presenceTopic struct{ s *Server }

// place names a department across tenants.
type place struct{ tenant, department string }

// roster tells a department's topic who comes and goes.
type roster struct {
	s  *Server
	at place

	// mu is held while a state is read and sent, or a change is sent: no state is older than a change before it.
	mu sync.Mutex
}

func (s *Server) newRoster(_ context.Context, at place) (*roster, error) {
	return &roster{s: s, at: at}, nil
}

// run tells changes until ctx ends. It begins with the state, so that what happened before it ran is known too.
func (r *roster) run(ctx context.Context) {
	for change := range r.s.voki.Presence.Watch(ctx, r.at.tenant, r.at.department) {
		r.mu.Lock()
		event, payload := "presence_diff", any(diffWire{presences(change.Joins), presences(change.Leaves)})
		if change.Reset {
			event, payload = "presence_state", presences(change.Joins)
		}
		_ = r.s.hub.BroadcastTo(topicPresence+":"+r.at.department, event, payload, func(c *phx.Channel) bool {
			return visitorOf(c).tenant == r.at.tenant
		})
		r.mu.Unlock()
	}
}

// presenceWire is a user as the stock client's Presence reads him.
type (
	presenceWire struct {
		Metas []metaWire `json:"metas"`
	}
	metaWire struct {
		Ref      string          `json:"phx_ref"`
		PrevRef  string          `json:"phx_ref_prev,omitempty"`
		OnlineAt *string         `json:"online_at"`
		Status   presence.Status `json:"status"`
		UserName *string         `json:"user_name"`
	}
	diffWire struct {
		Joins  map[string]presenceWire `json:"joins"`
		Leaves map[string]presenceWire `json:"leaves"`
	}
)

func presences(members []presence.Member) map[string]presenceWire {
	all := make(map[string]presenceWire, len(members))
	for _, m := range members {
		metas := make([]metaWire, len(m.Metas))
		for i, meta := range m.Metas {
			metas[i] = metaWire{meta.Ref, meta.PrevRef, stamp(meta.OnlineAt), meta.Status, text(m.User.Name)}
		}
		all[m.User.ID] = presenceWire{metas}
	}
	return all
}

// Join puts the agent on the roster and tells him who is there.
func (t presenceTopic) Join(ctx context.Context, c *phx.Channel, _ json.RawMessage) (any, error) {
	s, v := t.s, visitorOf(c)
	at := place{v.tenant, topicID(c)}
	if err := s.mayFollow(ctx, v, at.department); err != nil {
		return nil, refusalOf(err)
	}
	r, err := s.rosters.use(ctx, at)
	if err != nil {
		return nil, err
	}
	there, err := s.voki.Presence.Track(ctx, at.tenant, []string{at.department}, userRef(v))
	if err != nil {
		s.rosters.release(at)
		return nil, refusalOf(err)
	}
	c.SetValue(there)
	r.mu.Lock()
	defer r.mu.Unlock()
	return nil, c.Push("presence_state", presences(s.voki.Presence.State(at.tenant, at.department)))
}

// Push takes the agent's word for what he is doing.
func (presenceTopic) Push(_ context.Context, c *phx.Channel, event string, payload json.RawMessage) (any, error) {
	if event != "status" {
		return nil, phx.Refuse(reasonUnknownEvent)
	}
	f, err := payloadFields(payload)
	if err != nil {
		return nil, err
	}
	status := f.text("status")
	if err := f.wrong.Err(); err != nil {
		return nil, refusalOf(err)
	}
	return nil, refusalOf(c.Value().(*presence.Connection).SetStatus(presence.Status(status)))
}

// Left takes the connection off the roster.
func (t presenceTopic) Left(_ context.Context, c *phx.Channel, _ phx.Reason) {
	c.Value().(*presence.Connection).Close()
	t.s.rosters.release(place{visitorOf(c).tenant, topicID(c)})
}
