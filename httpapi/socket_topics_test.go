package httpapi_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

func TestQueueTopic(t *testing.T) {
	onLine(t, func(l *line) {
		first, firstToken := l.enter()
		time.Sleep(time.Second)
		queue := l.phone(l.token(bia)).joined("queue:support")
		waiting := queue.response["queue"].([]any)
		require.Len(t, waiting, 1)
		row := waiting[0].(map[string]any)
		assert.Equal(t, first, row["call"].(map[string]any)["id"])
		assert.EqualValues(t, 1, row["position"])
		assert.Nil(t, row["customer_present"])

		one := l.phone(firstToken).joined("call:" + first)
		second, secondToken := l.enter()
		time.Sleep(time.Second)
		two := l.phone(secondToken).joined("call:" + second)
		third, thirdToken := l.enter()
		three := l.phone(thirdToken).joined("call:" + third)
		require.Len(t, three.after, 1)
		assert.EqualValues(t, 3, three.after[0].payload["position"])
		got := queue.take()
		require.Len(t, got, 5)
		assert.Equal(t, `customer_presence {"call_id":"`+first+`","present":true}`, got[0].String())
		assert.Equal(t, "customer_joined", got[1].event)
		assert.EqualValues(t, []any{2., 2.}, []any{got[1].payload["position"], got[1].payload["queue_size"]})

		// A customer who sleeps keeps his place, and agents see that he is away.
		two.cut()
		assert.Equal(t, []string{`customer_presence {"call_id":"` + second + `","present":false}`}, texts(queue.take()))

		// Positions move, for those who stand behind.
		l.act(ana, first, "assign")
		time.Sleep(time.Second)
		got = queue.take()
		require.Len(t, got, 1)
		assert.Equal(t, "call_assigned", got[0].event)
		assert.EqualValues(t, []any{1., 2.}, []any{got[0].payload["position"], got[0].payload["queue_size"]})
		assert.Equal(t, "ana", got[0].payload["call"].(map[string]any)["user_id"])
		assert.Equal(t, `queue_position {"call_id":"`+third+`","estimated_wait_time":120,"position":2}`, last(three.take(), "queue_position").String())
		assert.Equal(t, []string{"call_updated"}, one.heard())

		l.do("POST", "/api/v1/call/cancel/"+second, "", header{"Authorization", "Bearer " + secondToken}).data(t, 200)
		time.Sleep(time.Second)
		got = queue.take()
		require.Len(t, got, 1)
		assert.Equal(t, "customer_left", got[0].event)
		assert.Equal(t, "cancelled", got[0].payload["call"].(map[string]any)["status"])
		assert.EqualValues(t, 1, last(three.take(), "queue_position").payload["position"])

		status, _ := queue.push("anything", map[string]any{})
		assert.Equal(t, "error", status)
	})
}

func TestPresenceTopic(t *testing.T) {
	onLine(t, func(l *line) {
		validate := func() any {
			return l.do("GET", "/api/v1/call/suporte/validate", "").data(t, 200)["online_agents"]
		}
		assert.EqualValues(t, 0, validate())
		one := l.phone(l.token(ana)).joined("presence:support")
		state := last(one.after, "presence_state").payload
		metas := state["ana"].(map[string]any)["metas"].([]any)
		require.Len(t, metas, 1)
		first := metas[0].(map[string]any)
		assert.Equal(t, "available", first["status"])
		assert.NotEmpty(t, first["phx_ref"])
		assert.EqualValues(t, 1, validate())

		two := l.phone(l.token(bia)).joined("presence:support")
		assert.Len(t, last(two.after, "presence_state").payload, 2)
		diff := last(one.take(), "presence_diff").payload
		assert.Contains(t, diff["joins"], "bia")
		assert.Empty(t, diff["leaves"])
		stranger := l.phone(l.token(eve)).joined("presence:support")
		assert.Len(t, last(stranger.after, "presence_state").payload, 1)
		assert.Empty(t, one.take(), "another tenant's")

		status, _ := one.push("status", map[string]any{"status": "away"})
		assert.Equal(t, "ok", status)
		diff = last(two.take(), "presence_diff").payload
		joined := diff["joins"].(map[string]any)["ana"].(map[string]any)["metas"].([]any)[0].(map[string]any)
		left := diff["leaves"].(map[string]any)["ana"].(map[string]any)["metas"].([]any)[0].(map[string]any)
		assert.Equal(t, first["phx_ref"], left["phx_ref"])
		assert.Equal(t, first["phx_ref"], joined["phx_ref_prev"])
		assert.Equal(t, "away", joined["status"])
		assert.EqualValues(t, 1, validate(), "bia")
		for _, payload := range []map[string]any{{}, {"status": "asleep"}, {"status": 1}} {
			status, response := one.push("status", payload)
			assert.Equal(t, "error", status)
			assert.Contains(t, response["errors"], "status")
		}

		one.cut()
		diff = last(two.take(), "presence_diff").payload
		assert.Contains(t, diff["leaves"], "ana")
	})
}

func TestNotifications(t *testing.T) {
	onLine(t, func(l *line) {
		mine := l.phone(l.token(ana)).joined("notification:ana")
		id, _ := l.enter()
		got := l.do("POST", calls+"/"+id+"/assign", `{"user_id":"ana"}`, l.as(sue)...)
		require.Equal(t, 200, got.StatusCode)
		assert.Equal(t, []string{
			`new_notification {"call_id":"` + id + `","kind":"call_assigned","text_key":"notification.call_assigned"}`,
		}, texts(mine.take()))
		l.act(ana, id, "start")
		l.act(ana, id, "complete")
		l.do("POST", calls+"/"+id+"/manager-notes", `{"notes":"good"}`, l.as(sue)...)
		assert.Equal(t, "note_added", last(mine.take(), "new_notification").payload["kind"])

		own, _ := l.enter()
		l.act(ana, own, "assign")
		assert.Empty(t, mine.take(), "he knows what he did")
	})
}

func TestJoinsThatAreRefused(t *testing.T) {
	onLine(t, func(l *line) {
		id, token := l.enter()
		other, _ := l.enter()
		l.act(ana, id, "assign")
		agent := l.phone(l.token(ana)).joined("call:" + id)
		resume := agent.response["resume_token"].(string)
		for _, c := range []struct{ who, token, topic, reason string }{
			{"an agent", l.token(ana), "call:" + call.NewID(), "not_found"},
			{"an agent", l.token(ana), "queue:nowhere", "not_found"},
			{"an agent", l.token(ana), "presence:nowhere", "not_found"},
			{"an agent", l.token(ana), "notification:bia", "unauthorized"},
			{"an agent", l.token(ana), "nowhere:1", "unmatched topic"},
			{"an agent", l.token(ana), "call:", "unmatched topic"},
			{"an agent", l.token(ana), "call", "unmatched topic"},
			{"another tenant", l.token(eve), "call:" + id, "not_found"},
			{"the customer", token, "call:" + other, "unauthorized"},
			{"the customer", token, "queue:support", "unauthorized"},
			{"the customer", token, "presence:support", "unauthorized"},
			{"the customer", token, "notification:ana", "unauthorized"},
			{"a resume token", resume, "call:" + other, "unauthorized"},
			{"a resume token", resume, "queue:support", "unauthorized"},
			{"a resume token", resume, "notification:ana", "unauthorized"},
		} {
			p := l.phone(c.token)
			s, ok := p.join(c.topic, nil)
			assert.False(t, ok, "%s, %s", c.who, c.topic)
			assert.Equal(t, c.reason, s.response["reason"], "%s, %s", c.who, c.topic)
			if c.reason != "unmatched topic" {
				require.Len(t, s.after, 1)
				assert.Equal(t, "phx_close", s.after[0].event, "it is for good")
			}
			p.cut()
		}
		assert.Empty(t, agent.take(), "nobody else notices")
	})
}

// own is a policy by which agents see their own calls alone, and no queue.
type own struct{}

func (own) Scope(context.Context, call.Actor, *call.Query) error { return call.ErrForbidden }
func (own) Allow(_ context.Context, a call.Actor, action string, c call.Call) error {
	if action == "calls.get" && c.User.ID != a.ID {
		return call.ErrNotFound
	}
	return nil
}

func TestPolicyIsAsked(t *testing.T) {
	onLine(t, func(l *line) {
		id, _ := l.enter()
		_, err := l.v.Calls.Assign(t.Context(), ana, id, "")
		require.NoError(t, err)
		s, _ := l.phone(l.token(bia)).join("call:"+id, nil)
		assert.Equal(t, "not_found", s.response["reason"])
		s, _ = l.phone(l.token(bia)).join("queue:support", nil)
		assert.Equal(t, "unauthorized", s.response["reason"])
		l.phone(l.token(ana)).joined("call:" + id)
	}, withOptions(func(o *httpapi.Options) { o.Policy = own{} }))
}

func TestTenantsWithTheSameIDs(t *testing.T) {
	onLine(t, func(l *line) {
		ours := l.phone(l.token(ana)).joined("queue:support")
		theirs := l.phone(l.token(eve)).joined("queue:support")
		l.enter()
		assert.Equal(t, []string{"customer_joined"}, ours.heard())
		assert.Empty(t, theirs.take())
		_, err := l.v.Calls.Enqueue(t.Context(), call.Intake{Tenant: "rival", Department: "support", Customer: call.Customer{Name: "X"}})
		require.NoError(t, err)
		assert.Equal(t, []string{"customer_joined"}, theirs.heard())
		assert.Empty(t, ours.take())
	})
}

func TestGraceOff(t *testing.T) {
	onLine(t, func(l *line) {
		_, agent, customer := l.talk()
		assert.Nil(t, agent.response["grace_seconds"])
		customer.cut()
		got := agent.take()
		assert.Nil(t, got[0].payload["deadline"])
		assert.Nil(t, got[0].payload["remaining_ms"])
	}, func(_ *company, v *voki.Options, _ *httpapi.Options) { v.Limits = call.Limits{Grace: -1} })
}
