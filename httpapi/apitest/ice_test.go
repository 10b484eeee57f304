package apitest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

// iceServers are those of the tests' servers.
var iceServers = []httpapi.ICEServer{
	{URLs: []string{"stun:turn.example.com:3478"}},
	{
		URLs:   []string{"turn:turn.example.com:3478?transport=udp", "turn:turn.example.com:3478?transport=tcp"},
		Secret: "shared with the relay",
	},
}

// What RTCPeerConnection takes: STUN without credentials, and an empty list where there is nothing.
func TestICEServers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		servers []httpapi.ICEServer
		want    string
	}{
		"none": {nil, `[]`},
		"STUN": {iceServers[:1], `[{"urls":["stun:turn.example.com:3478"]}]`},
		"an account": {
			[]httpapi.ICEServer{{URLs: []string{"turns:turn.example.com"}, Username: "voki", Credential: "word"}},
			`[{"urls":["turns:turn.example.com"],"username":"voki","credential":"word"}]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(s *setup) { s.options.ICE = row.servers })
			for _, status := range []call.Status{call.Queued, call.Active, call.Completed} {
				r := w.customer(w.callIn(avanter, status)).get("/api/v1/call/turn-credentials")
				assert.Equal(t, http.StatusOK, r.status)
				assertBody(t, `{"data":{"ice_servers":`+row.want+`}}`, r)
			}
		})
	}
}
