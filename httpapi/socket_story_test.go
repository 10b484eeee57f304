package httpapi_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func TestJoinRelayDropReturnTakeoverEnd(t *testing.T) {
	onEachStore(t, func(l *line) {
		id, agent, customer := l.talk()

		// Relay: to the other side only, with from, whatever the sender claims.
		status, _ := customer.push("signal", map[string]any{"type": "offer", "sdp": "v=0", "from": "agent", "extra": 1})
		assert.Equal(t, "ok", status)
		assert.Equal(t, []string{`signal {"from":"customer","sdp":"v=0","type":"offer"}`}, texts(agent.take()))
		agent.push("ice_candidate", map[string]any{"candidate": "c", "sdpMid": "0", "sdpMLineIndex": 0})
		agent.push("mute", map[string]any{"type": "audio", "muted": true})
		agent.push("chat", map[string]any{"text": "olá"})
		assert.Equal(t, []string{
			`ice_candidate {"candidate":"c","from":"agent","sdpMLineIndex":0,"sdpMid":"0"}`,
			`mute {"from":"agent","muted":true,"type":"audio"}`, `chat {"from":"agent","text":"olá"}`,
		}, texts(customer.take()))

		// The customer's connection breaks.
		lost := time.Now()
		customer.cut()
		got := agent.take()
		require.Equal(t, []string{"peer_disconnected", "call_updated"}, []string{got[0].event, got[1].event})
		assert.Equal(t, map[string]any{
			"call_id": id, "participant": "customer", "disconnected_at": lost.UTC().Format(time.RFC3339),
			"deadline":      lost.Add(time.Minute).UTC().Format(time.RFC3339),
			"grace_seconds": 60., "remaining_ms": 60000.,
		}, got[0].payload)
		assert.Equal(t, lost, time.Now(), "in no time")
		time.Sleep(59 * time.Second)

		// And comes back.
		token := customer.response["resume_token"].(string)
		again := l.phone(token).joined("call:" + id)
		assert.Equal(t, "active", again.response["status"])
		assert.Equal(t, []any{
			map[string]any{"participant": "agent", "muted": map[string]any{"audio": true, "video": false}},
			map[string]any{"participant": "customer", "muted": map[string]any{"audio": false, "video": false}},
		}, again.response["participants"])
		assert.Empty(t, again.after)
		got = agent.take()
		require.Len(t, got, 2)
		assert.Equal(t, "peer_reconnected", got[0].event)
		assert.Equal(t, lost.Add(59*time.Second).UTC().Format(time.RFC3339), got[0].payload["reconnected_at"])

		// A second connection takes over, and the first stays silent and open.
		second := l.phone(token).joined("call:" + id)
		assert.Equal(t, []string{`phx_close {"reason":"taken_over"}`}, texts(again.take()))
		agent.push("chat", map[string]any{"text": "hm"})
		assert.Empty(t, again.take())
		assert.Equal(t, []string{"chat"}, second.heard())
		assert.Zero(t, again.closed())
		agent.take()
		again.cut()
		assert.Empty(t, agent.take(), "the end of the older connection changes nothing")

		// Silence, then the end at the deadline.
		second.dead.Store(true)
		time.Sleep(16 * time.Second)
		assert.Contains(t, agent.heard(), "peer_disconnected")
		time.Sleep(time.Minute)
		got = agent.take()
		require.Len(t, got, 3, "%v", got)
		assert.Equal(t, []string{"call_updated", "call_ended", "phx_close"}, []string{got[0].event, got[1].event, got[2].event})
		assert.Equal(t, "completed", got[1].payload["status"])
		assert.Equal(t, "disconnect", got[1].payload["end_reason"])
		assert.Equal(t, agent.joinRef, got[2].joinRef)

		late, ok := l.phone(token).join("call:"+id, nil)
		assert.False(t, ok)
		assert.Equal(t, map[string]any{"reason": "call_ended", "status": "completed", "end_reason": "disconnect"}, late.response)
		require.Len(t, late.after, 1)
		assert.Equal(t, "phx_close", late.after[0].event)
		assert.Equal(t, late.joinRef, late.after[0].joinRef)
	})
}

func TestDeadlineToTheMillisecond(t *testing.T) {
	for after, back := range map[time.Duration]bool{
		time.Minute - time.Millisecond: true, time.Minute: false, time.Minute + time.Millisecond: false,
	} {
		t.Run(after.String(), func(t *testing.T) {
			onEachStore(t, func(l *line) {
				id, agent, customer := l.talk()
				customer.cut()
				agent.take()
				time.Sleep(after)
				s, ok := l.phone(customer.response["resume_token"].(string)).join("call:"+id, nil)
				assert.Equal(t, back, ok, "%v", s.response)
				heard := agent.heard()
				if back {
					assert.Equal(t, []string{"peer_reconnected", "call_updated"}, heard)
				} else {
					assert.Equal(t, []string{"call_updated", "call_ended", "phx_close"}, heard)
				}
			})
		})
	}
}

func TestFrozenPeerIsNoticedIn15Seconds(t *testing.T) {
	onEachStore(t, func(l *line) {
		_, agent, customer := l.talk()
		customer.dead.Store(true)
		begin := time.Now()
		for time.Since(begin) < 30*time.Second {
			if last(agent.take(), "peer_disconnected").event != "" {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		assert.LessOrEqual(t, time.Since(begin), 15200*time.Millisecond)
		assert.Equal(t, 4408, customer.closed())
	})
}

func TestPhxLeaveIsALossAndLeaveAHangUp(t *testing.T) {
	onEachStore(t, func(l *line) {
		id, agent, customer := l.talk()
		customer.send(customer.joinRef, customer.topic, "phx_leave", map[string]any{})
		assert.Equal(t, []string{"phx_reply", "phx_close"}, customer.heard())
		assert.Equal(t, []string{"peer_disconnected", "call_updated"}, agent.heard())
		again := customer.joined("call:" + id)
		assert.Equal(t, []string{"peer_reconnected", "call_updated"}, agent.heard())

		again.send(again.joinRef, again.topic, "leave", map[string]any{})
		heard := again.heard()
		require.ElementsMatch(t, []string{"phx_reply", "call_updated", "call_ended", "phx_close"}, heard)
		assert.Equal(t, "phx_close", heard[len(heard)-1]) // the reply and the log come beside each other, and this behind both
		told := slices.DeleteFunc(heard, func(event string) bool { return event == "phx_reply" })
		assert.Equal(t, []string{"call_updated", "call_ended", "phx_close"}, told)
		got := agent.take()
		assert.Equal(t, "normal", last(got, "call_ended").payload["end_reason"])
		assert.Equal(t, "phx_close", got[len(got)-1].event)
	})
	onEachStore(t, func(l *line) {
		id, token := l.enter()
		customer := l.phone(token).joined("call:" + id)
		l.act(ana, id, "assign")
		agent := l.phone(l.token(ana)).joined("call:" + id)
		status, response := agent.push("leave", map[string]any{})
		assert.Equal(t, "error", status)
		assert.Equal(t, "not_allowed", response["reason"])
		customer.take()
		customer.send(customer.joinRef, customer.topic, "leave", map[string]any{})
		ended := last(agent.take(), "call_ended")
		assert.Equal(t, map[string]any{"call_id": id, "status": "cancelled", "end_reason": nil, "completed_at": nil}, ended.payload)
	})
}

func TestHTTPActionsAreSeenBySockets(t *testing.T) {
	onEachStore(t, func(l *line) {
		id, token := l.enter()
		customer := l.phone(token).joined("call:" + id)
		require.Len(t, customer.after, 1)
		assert.Equal(t, `queue_position {"call_id":"`+id+`","estimated_wait_time":60,"position":1}`, customer.after[0].String())
		observer := l.phone(l.token(sue)).joined("call:" + id)
		assert.Nil(t, observer.response["resume_token"])

		l.act(ana, id, "assign")
		got := customer.take()
		require.Len(t, got, 1)
		assert.Equal(t, "assigned", got[0].payload["call"].(map[string]any)["status"])
		assert.Greater(t, got[0].payload["seq"], customer.response["seq"])
		agent := l.phone(l.token(ana)).joined("call:" + id)
		assert.Equal(t, []string{"participant_joined"}, customer.heard())
		l.act(ana, id, "start")
		l.act(ana, id, "complete")
		for _, s := range []seat{customer, agent} {
			assert.Equal(t, []string{"call_updated", "call_updated", "call_ended", "phx_close"}, s.heard())
		}
		assert.Equal(t, []string{"call_updated", "participant_joined", "call_updated", "call_updated", "call_ended", "phx_close"}, observer.heard())
	})
}

func TestWhoSeesWhat(t *testing.T) {
	onEachStore(t, func(l *line) {
		id, agent, customer := l.talk()
		watching := l.phone(l.token(sue)).joined("call:" + id)
		tag := l.tag("Follow-up")
		l.do("POST", calls+"/"+id+"/tags", `{"tag_id":"`+tag.ID+`"}`, l.as(ana)...).data(t, 201)
		tags := func(s seat) int {
			return len(last(s.take(), "call_updated").payload["call"].(map[string]any)["tags"].([]any))
		}
		assert.Equal(t, []int{1, 1, 0}, []int{tags(watching), tags(agent), tags(customer)})

		// An observer is told and tells nothing, and does not count.
		for _, event := range []string{"signal", "chat", "mute", "ice_candidate", "leave"} {
			status, response := watching.push(event, map[string]any{"text": "x"})
			assert.Equal(t, "error", status)
			assert.Equal(t, "unauthorized", response["reason"])
		}
		agent.push("chat", map[string]any{"text": "secret"})
		assert.Empty(t, watching.take(), "the relay is for the other side alone")
		customer.take()
		watching.cut()
		assert.Empty(t, agent.take())
		assert.Empty(t, customer.take())
	})
}

func TestResumeBySeq(t *testing.T) {
	onEachStore(t, func(l *line) {
		id, agent, customer := l.talk()
		seen := uint64(agent.response["seq"].(float64))
		agent.cut()
		customer.cut()
		l.do("POST", calls+"/"+id+"/tags", `{"tag_id":"`+l.tag("x").ID+`"}`, l.as(sue)...).data(t, 201)
		back, ok := l.phone(l.token(ana)).join("call:"+id, map[string]any{"seq": seen})
		require.True(t, ok)
		assert.EqualValues(t, 60000, back.response["remaining_ms"])
		var events []string
		for _, f := range back.after {
			events = append(events, f.event)
		}
		assert.Equal(t, []string{"peer_disconnected", "call_updated"}, events)
		update := back.after[1].payload
		assert.Equal(t, back.response["seq"], update["seq"])
		assert.Len(t, update["call"].(map[string]any)["tags"], 1)

		again, ok := l.phone(l.token(ana)).join("call:"+id, map[string]any{"seq": back.response["seq"]})
		require.True(t, ok)
		for _, f := range again.after {
			assert.Equal(t, "call_updated", f.event, "of the own return, which came between")
		}
		_, ok = l.phone(l.token(ana)).join("call:"+id, map[string]any{"seq": "x"})
		assert.False(t, ok)
	})
}

func TestTheLogOfAnotherTransport(t *testing.T) {
	onEachStore(t, func(l *line) {
		id, agent, customer := l.talk()
		peer, err := l.v.Presence.Join(context.Background(), "avanter", id, call.SideCustomer)
		require.NoError(t, err)
		assert.Equal(t, []string{`phx_close {"reason":"taken_over"}`}, texts(customer.take()))
		assert.Equal(t, []string{"participant_joined"}, agent.heard())
		require.NoError(t, peer.Lost(context.Background()))
		assert.Equal(t, []string{"peer_disconnected", "call_updated"}, agent.heard())
	})
}

func TestRunEndsSocketsWith1012(t *testing.T) {
	onEachStore(t, func(l *line) {
		id, agent, customer := l.talk()
		assert.Equal(t, 2, l.api.Sockets())
		l.stop()
		assert.Equal(t, 1012, agent.closed())
		assert.Equal(t, 1012, customer.closed())
		assert.Zero(t, l.api.Sockets())
		c, err := l.v.Calls.Get(context.Background(), ana, id)
		require.NoError(t, err)
		assert.False(t, c.AgentConn.Present)
		assert.Error(t, l.api.Run(context.Background()), "once")
	})
}
