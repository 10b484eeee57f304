package httpapi

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// clientAddr is the address that a request comes from: the peer's, unless that is a trusted proxy. Then it is the last
// address of X-Forwarded-For that is no trusted proxy itself; what stands before that one is the client's own claim.
// The zero address stands for a peer without one, at the other end of a unix socket: where there are trusted proxies, it
// is one.
func (s *Server) clientAddr(r *http.Request) netip.Addr {
	addr := parseAddr(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(addr); i-- {
		hop := parseAddr(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break
		}
		addr = hop
	}
	return addr
}

func (s *Server) trusted(addr netip.Addr) bool {
	if !addr.IsValid() {
		return len(s.o.TrustedProxies) > 0
	}
	for _, p := range s.o.TrustedProxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// parseAddr reads an address with or without a port; the zero Addr is none.
func parseAddr(s string) netip.Addr {
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone("")
}

// websocketURL is where the customer's browser connects to.
func (s *Server) websocketURL(r *http.Request) string {
	base := s.publicURL
	if base == nil {
		base = &url.URL{Scheme: "http", Host: r.Host}
		forwarded := r.Header.Values("X-Forwarded-Proto")
		proxied := len(forwarded) > 0 && forwarded[len(forwarded)-1] == "https" && s.trusted(parseAddr(r.RemoteAddr))
		if r.TLS != nil || proxied {
			base.Scheme = "https"
		}
	}
	u := *base.JoinPath("socket", "websocket")
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[base.Scheme]
	return u.String()
}
