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

// callUpdated adds the details of a call as they are now, after an event of that number. A customer sees nothing that
// the company writes about him: neither notes nor tags, nor where a recording is that he could not open.
func (s *Server) callUpdated(ctx context.Context, p *paper, tenant, id string, seq uint64, to shown) error {
	actor := call.Actor{Tenant: tenant, Role: call.RoleAttendant} // who is shown no manager notes
	if to[forSupervisor] {
		actor.Role = call.RoleSupervisor
	}
	d, err := s.voki.Detail(ctx, actor, id)
	if err != nil {
		return err
	}
	show := newDetails(d)
	for a := forSupervisor; a >= forCustomer; a-- { // each is shown less than the one before
		if a != forSupervisor {
			show.Notes = ""
		}
		if a == forCustomer {
			show.Call.Notes, show.Tags, show.recordingURL = "", nil, ""
		}
		if to[a] {
			from := len(p.text)
			b := strconv.AppendUint(append(p.text, `{"seq":`...), seq, 10)
			p.text = append(appendDetails(append(b, `,"call":`...), &show), '}')
			p.updates[a] = p.since(from)
		}
	}
	p.messages = append(p.messages, outgoing{event: "call_updated", updates: &p.updates})
	return nil
}
