package httpapi

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what TURN servers compute; as an HMAC it is sound
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/avanter/voki/call"
)

// ICEServer is a STUN or TURN server that both sides of a call are told of, to find a way to each other.
type ICEServer struct {
	// URLs are its addresses as RFC 7064 and RFC 7065 write them, such as stun:example.com:3478 and
	// turn:example.com:3478?transport=tcp: all of STUN (stun:, stuns:) or all of TURN (turn:, turns:).
	URLs []string

	// Secret is shared with a TURN server that checks credentials good for some time, as coturn does with
	// use-auth-secret and pion/turn with LongTermTURNRESTAuthHandler. The username is
	//
	//	<expiry in Unix seconds>:<call id>-<agent or customer>
	//
	// and the credential base64(HMAC-SHA1(Secret, username)). What comes behind the expiry is the same for a
	// participant each time, so that the server can count what he uses, and tells nothing about him.
	Secret string

	// TTL is how long such credentials are good for. Many servers look at it again whenever a relay is kept open, so
	// it must be longer than a call with its wait. Defaults to 12 hours.
	TTL time.Duration

	// Username and Credential are an account of a TURN server, in place of Secret. Every customer is told them, and
	// can use them for as long as the account is there.
	Username, Credential string
}

// DefaultICETTL is the default of [ICEServer.TTL].
const DefaultICETTL = 12 * time.Hour

var iceURL = regexp.MustCompile(`^(?:stuns?|(turns?)):(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]+))?(\?transport=(?:udp|tcp))?$`)

// Check says what is wrong with a server; [New] asks it. A browser that is told of one wrong address makes no
// connection at all.
func (i ICEServer) Check() error {
	if len(i.URLs) == 0 {
		return errors.New("a server needs a URL")
	}
	relays := 0
	for _, u := range i.URLs {
		found := iceURL.FindStringSubmatch(u)
		if found == nil || found[1] == "" && found[3] != "" {
			return fmt.Errorf("%q is neither a STUN address, such as stun:example.com:3478, "+
				"nor a TURN address, such as turn:example.com:3478?transport=udp", u)
		}
		if port := found[2]; port != "" {
			if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
				return fmt.Errorf("%q has no port from 1 to 65535", u)
			}
		}
		if found[1] != "" {
			relays++
		}
	}
	account := i.Username != "" && i.Credential != ""
	switch {
	case relays != 0 && relays != len(i.URLs):
		return errors.New("the URLs of STUN and those of TURN belong into servers of their own")
	case (i.Username == "") != (i.Credential == ""):
		return errors.New("a username and a credential need each other")
	case relays == 0 && (account || i.Secret != ""):
		return errors.New("a STUN server takes no credentials")
	case relays != 0 && account == (i.Secret != ""):
		return errors.New("a TURN server needs either a secret or a username and a credential")
	case i.TTL < 0:
		return errors.New("the TTL must not be negative")
	}
	return nil
}

// credentials returns what a participant shows to the server; nothing for STUN.
func (i ICEServer) credentials(name string, now time.Time) (username, credential string) {
	if i.Secret == "" {
		return i.Username, i.Credential
	}
	ttl := i.TTL
	if ttl == 0 {
		ttl = DefaultICETTL
	}
	username = strconv.FormatInt(now.Add(ttl).Unix(), 10) + ":" + name
	mac := hmac.New(sha1.New, []byte(i.Secret))
	mac.Write([]byte(username))
	return username, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// iceServer is a server as RTCPeerConnection takes it. A browser would take null for a word, so that what a server
// does not have is absent here.
type iceServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// iceName is what stands for a participant in the usernames of TURN. Servers log it.
func iceName(callID string, side call.Side) string { return callID + "-" + string(side) }

// iceServers returns the servers that a participant is told of, with credentials that begin to be good now; an empty
// list, and never nil, if there are none.
func (s *Server) iceServers(name string) []iceServer {
	now := time.Now()
	servers := make([]iceServer, len(s.o.ICE))
	for n, i := range s.o.ICE {
		username, credential := i.credentials(name, now)
		servers[n] = iceServer{URLs: i.URLs, Username: username, Credential: credential}
	}
	return servers
}

func (rq *request) turnCredentials() error {
	return rq.reply(http.StatusOK, struct {
		ICEServers []iceServer `json:"ice_servers"`
	}{rq.s.iceServers(iceName(rq.call.ID, call.SideCustomer))})
}
