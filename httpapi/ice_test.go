package httpapi_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/storage/memory"
)

// Time in a bubble begins at midnight UTC 2000-01-01, Unix 946684800. That real servers take the credentials is tested
// where such servers are, in examples/selfhosted.
func TestTimeLimitedCredentials(t *testing.T) {
	for name, row := range map[string]struct {
		ttl    time.Duration
		expiry string
	}{
		"the default": {0, "946728000"},
		"an hour":     {time.Hour, "946688400"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, withOptions(func(o *httpapi.Options) {
					o.ICE = []httpapi.ICEServer{{URLs: []string{"turn:x"}, Secret: "north", TTL: row.ttl}}
				}))
				data := w.join(`{"name":"Maria Oliveira","email":"maria@x.org"}`).data(t, 200)
				bearer := header{"Authorization", "Bearer " + data["websocket_token"].(string)}
				ask := func() map[string]any {
					got := w.do("GET", link+"/turn-credentials", "", bearer)
					assert.NotContains(t, strings.ToLower(got.body), "maria")
					return got.data(t, 200)["ice_servers"].([]any)[0].(map[string]any)
				}
				first := ask()
				assert.Equal(t, row.expiry+":"+data["call_id"].(string)+"-customer", first["username"])
				assert.Regexp(t, `^[A-Za-z0-9+/]{27}=$`, first["credential"])

				time.Sleep(time.Second)
				later := ask()
				assert.NotEqual(t, first["username"], later["username"])
				assert.NotEqual(t, first["credential"], later["credential"])
				assert.Equal(t, first["username"].(string)[9:], later["username"].(string)[9:], "the name stays")
			})
		})
	}
}

func TestICEServersThatNoBrowserTakes(t *testing.T) {
	v, err := voki.New(voki.Options{Store: memory.New()})
	require.NoError(t, err)
	try := func(i httpapi.ICEServer) error {
		_, err := httpapi.New(v, httpapi.Options{Authenticator: newWorld(t).auth, ICE: []httpapi.ICEServer{i}})
		return err
	}
	for _, good := range []string{
		"stun:a", "stuns:a.b-c:1", "stun:192.0.2.1:65535", "stun:[2001:db8::1]:3478", "turn:a", "turns:a:443?transport=tcp", "turn:[::1]?transport=udp",
	} {
		i := httpapi.ICEServer{URLs: []string{good}}
		if strings.HasPrefix(good, "turn") {
			i.Secret = "s"
		}
		assert.NoError(t, try(i), good)
	}
	for _, bad := range []string{
		"", "a", "stun:", "http://a", "stun://a", "stun:a?transport=udp", "turn:a?transport=sctp", "turn:a?", "turn:a:0", "turn:a:65536",
		"turn:a:", "turn:a:x", "turn:a b", "turn:a/b", "turn:u@a", "TURN:a", "turn:::1", "turn:a\n",
	} {
		assert.Error(t, try(httpapi.ICEServer{URLs: []string{bad}, Secret: "s"}), bad)
	}
	for says, i := range map[string]httpapi.ICEServer{
		"needs a URL":              {Secret: "s"},
		"servers of their own":     {URLs: []string{"stun:a", "turn:a"}, Secret: "s"},
		"takes no credentials":     {URLs: []string{"stun:a"}, Secret: "s"},
		"need each other":          {URLs: []string{"turn:a"}, Username: "u"},
		"needs either a secret":    {URLs: []string{"turn:a"}},
		"or a username and a c":    {URLs: []string{"turn:a"}, Secret: "s", Username: "u", Credential: "c"},
		"TTL must not be negative": {URLs: []string{"turn:a"}, Secret: "s", TTL: -1},
	} {
		assert.ErrorContains(t, try(i), says)
	}
	assert.ErrorContains(t, try(httpapi.ICEServer{}), "httpapi: Options.ICE[0]: ")
}
