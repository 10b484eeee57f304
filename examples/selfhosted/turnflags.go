package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/examples/selfhosted/relay"
	"github.com/avanter/voki/httpapi"
)

// turnFlags are the flags of serve for what helps browsers to find a way to each other.
type turnFlags struct {
	listen []string
	public string
	ports  string
	peers  []string

	stun       []string
	urls       []string
	secretFile string
}

func (f *turnFlags) define(c *cobra.Command) {
	flags := c.Flags()
	flags.StringSliceVar(&f.listen, "turn", nil, "run a relay on these `addresses`: udp://0.0.0.0:3478, tcp://0.0.0.0:3478")
	flags.StringVar(&f.public, "turn-public", "", "IPv4 `address` under which clients reach the relay (unless it is the one of --turn)")
	flags.StringVar(&f.ports, "turn-ports", relay.DefaultPorts.String(), "`range` of UDP ports for relays")
	flags.StringSliceVar(&f.peers, "turn-allow-peers", nil, "`CIDRs` of private networks that relays may send to nevertheless")
	flags.StringSliceVar(&f.stun, "stun", nil, "`URLs` of STUN servers of others: stun:stun.example.com:3478")
	flags.StringSliceVar(&f.urls, "turn-url", nil, "`URLs` of a TURN server of others, such as coturn: turn:turn.example.com:3478?transport=udp")
	flags.StringVar(&f.secretFile, "turn-secret-file", "", "`file` with the secret that it shares (static-auth-secret of coturn)")
}

// check says what is wrong with the flags, and returns what they mean: the relay to run, and the servers of others.
func (f *turnFlags) check(note func(flag string, err error)) (o relay.Options, ice []httpapi.ICEServer) {
	for _, s := range f.listen {
		at, err := relay.ParseAddress(strings.TrimSpace(s))
		note("turn", err)
		o.Listen = append(o.Listen, at)
		if err == nil && at.Addr().IsUnspecified() && f.public == "" {
			note("turn-public", fmt.Errorf("%s does not say under which address clients reach it", at))
		}
	}
	if len(f.listen) == 0 && (f.public != "" || len(f.peers) > 0) {
		note("turn-public and --turn-allow-peers", errors.New("they are for a relay that --turn runs"))
	}
	var err error
	if f.public != "" {
		if o.Public, err = netip.ParseAddr(f.public); err != nil || !o.Public.Is4() || o.Public.IsUnspecified() {
			note("turn-public", fmt.Errorf("%q is no IPv4 address such as 203.0.113.7", f.public))
		}
	}
	o.Ports, err = relay.ParsePorts(f.ports)
	note("turn-ports", err)
	o.AllowedPeers, err = parsePrefixes(f.peers)
	note("turn-allow-peers", err)

	if len(f.stun) > 0 {
		server := httpapi.ICEServer{URLs: f.stun}
		note("stun", server.Check())
		ice = append(ice, server)
	}
	if secret, err := f.secret(); err != nil {
		note("turn-url and --turn-secret-file", err)
	} else if len(f.urls) > 0 {
		server := httpapi.ICEServer{URLs: f.urls, Secret: secret}
		note("turn-url", server.Check())
		ice = append(ice, server)
	}
	return o, ice
}

// secret reads the secret of the server that --turn-url names; it is empty without one.
func (f *turnFlags) secret() (string, error) {
	if len(f.urls) == 0 && f.secretFile == "" {
		return "", nil
	}
	if len(f.urls) == 0 || f.secretFile == "" {
		return "", errors.New("one needs the other")
	}
	content, err := os.ReadFile(f.secretFile)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(content))
	if secret == "" || strings.ContainsAny(secret, "\r\n") {
		return "", fmt.Errorf("%s must hold one line, the secret", f.secretFile)
	}
	return secret, nil
}
