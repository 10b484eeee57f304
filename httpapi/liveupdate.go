package httpapi

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/avanter/voki/call"
)

// shown says which audiences are to be shown something.
type shown [audiences]bool

// shownTo are the audiences of those to whom an event is news.
func shownTo(members []*member, e *call.Event) (to shown) {
	for _, m := range members {
		if !m.isJoinOf(e) {
			to[audienceOf(m.visitor)] = true
		}
	}
	return to
}

// updates are a call's details, as each audience is shown them.
type updates [audiences]json.RawMessage

// updateSize is what an update takes without long texts.
const updateSize = 768

// callUpdated shows the details of a call as they are now, after an event of that number. A customer sees nothing that
// the company writes about him: neither notes nor tags, nor where a recording is that he could not open.
func (s *Server) callUpdated(ctx context.Context, tenant, id string, seq uint64, to shown) (outgoing, error) {
	actor := call.Actor{Tenant: tenant, Role: call.RoleAttendant} // who is shown no manager notes
	if to[forSupervisor] {
		actor.Role = call.RoleSupervisor
	}
	d, err := s.voki.Detail(ctx, actor, id)
	if err != nil {
		return outgoing{}, err
	}
	show, u := newDetails(d), new(updates)
	for a := forSupervisor; a >= forCustomer; a-- { // each is shown less than the one before
		if a != forSupervisor {
			show.Notes = ""
		}
		if a == forCustomer {
			show.Call.Notes, show.Tags, show.recordingURL = "", nil, ""
		}
		if to[a] {
			b := strconv.AppendUint(append(make([]byte, 0, updateSize), `{"seq":`...), seq, 10)
			u[a] = append(appendDetails(append(b, `,"call":`...), &show), '}')
		}
	}
	return outgoing{event: "call_updated", updates: u}, nil
}
