package main_test

import (
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// relayed is a peer that goes by its relays alone.
func relayed(t *testing.T, servers []iceServer) *webrtc.PeerConnection {
	t.Helper()
	config := webrtc.Configuration{ICETransportPolicy: webrtc.ICETransportPolicyRelay}
	for _, s := range servers {
		config.ICEServers = append(config.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	peer, err := webrtc.NewPeerConnection(config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = peer.Close() })
	return peer
}

// described sets a description of a peer and returns it with all candidates.
func described(t *testing.T, peer *webrtc.PeerConnection, d webrtc.SessionDescription, err error) webrtc.SessionDescription {
	t.Helper()
	require.NoError(t, err)
	gathered := webrtc.GatheringCompletePromise(peer)
	require.NoError(t, peer.SetLocalDescription(d))
	select {
	case <-gathered:
	case <-time.After(soon):
		require.FailNow(t, "no candidates")
	}
	return *peer.LocalDescription()
}

// Two peers that have nothing but what turn-credentials tells them find each other.
func TestCallThroughTheRelay(t *testing.T) {
	p := serve(t, t.TempDir(), "--demo", "--turn", "udp://0.0.0.0:0", "--turn-public", "127.0.0.1")
	caller, called := relayed(t, p.customerServers()), relayed(t, p.customerServers())
	got := make(chan string, 1)
	called.OnDataChannel(func(d *webrtc.DataChannel) {
		d.OnMessage(func(m webrtc.DataChannelMessage) { got <- string(m.Data) })
	})
	channel, err := caller.CreateDataChannel("data", nil)
	require.NoError(t, err)
	channel.OnOpen(func() { assert.NoError(t, channel.SendText("hello")) })

	offer, err := caller.CreateOffer(nil)
	require.NoError(t, called.SetRemoteDescription(described(t, caller, offer, err)))
	answer, err := called.CreateAnswer(nil)
	require.NoError(t, caller.SetRemoteDescription(described(t, called, answer, err)))
	select {
	case text := <-got:
		assert.Equal(t, "hello", text)
	case <-time.After(soon):
		require.FailNow(t, "nothing comes through")
	}
	pair, err := caller.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	require.NoError(t, err)
	assert.Equal(t, webrtc.ICECandidateTypeRelay, pair.Local.Typ)
	assert.Equal(t, webrtc.ICECandidateTypeRelay, pair.Remote.Typ)
}
