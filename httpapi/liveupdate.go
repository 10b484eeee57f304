package httpapi

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
)

// update is a call's details, which each audience is shown otherwise. They are encoded once for each that is there.
type update struct {
	seq    uint64
	detail voki.Detail

	mu     sync.Mutex
	bodies [audiences]json.RawMessage
}

// updateSize is what an update takes without long texts.
const updateSize = 768

// callUpdated tells of the details of a call as they are now, after an event of that number. What no audience up to most
// is shown is not read.
func (s *Server) callUpdated(ctx context.Context, tenant, id string, seq uint64, most audience) (outgoing, error) {
	u := &update{seq: seq}
	actor := call.Actor{Tenant: tenant, Role: call.RoleAttendant}
	if most == forSupervisor {
		actor.Role = call.RoleSupervisor
	}
	var err error
	u.detail, err = s.voki.Detail(ctx, actor, id)
	return outgoing{event: "call_updated", update: u}, err
}

// bodyFor is what an audience may see. A customer sees nothing that the company writes about him: neither notes nor
// tags, nor where a recording is that he could not open.
func (u *update) bodyFor(a audience) json.RawMessage {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.bodies[a] != nil {
		return u.bodies[a]
	}
	show := newDetails(u.detail)
	if a != forSupervisor {
		show.Notes = ""
	}
	if a == forCustomer {
		show.Call.Notes, show.Tags, show.recordingURL = "", nil, ""
	}
	b := strconv.AppendUint(append(make([]byte, 0, updateSize), `{"seq":`...), u.seq, 10)
	b = appendDetails(append(b, `,"call":`...), &show)
	u.bodies[a] = append(b, '}')
	return u.bodies[a]
}
