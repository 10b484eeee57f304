package httpapi

import (
	"encoding/json"
	"sync"

	"github.com/avanter/voki"
)

// update is a call's details, which each audience is shown otherwise. They are encoded once for each that is there.
type update struct {
	bodies [audiences]func() json.RawMessage
}

// callUpdated shows each audience what it may see. A customer sees nothing that the company writes about him: neither
// notes nor tags, nor where a recording is that he could not open.
func callUpdated(seq uint64, d voki.Detail) outgoing {
	u := new(update)
	for a := range u.bodies {
		u.bodies[a] = sync.OnceValue(func() json.RawMessage {
			show := newDetails(d)
			if audience(a) != forSupervisor {
				show.Notes = ""
			}
			if audience(a) == forCustomer {
				show.Call.Notes, show.Tags, show.recordingURL = "", nil, ""
			}
			return encode(updatedWire{seq, show})
		})
	}
	return outgoing{event: "call_updated", update: u}
}
