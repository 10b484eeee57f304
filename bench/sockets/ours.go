package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/httpapi/jwtauth"
	"github.com/avanter/voki/storage/memory"
)

const tenant = "bench"

// ours is Voki as a host would mount it: the whole protocol, presence and grace, on the store in memory.
type ours struct {
	http.Handler
	v      *voki.Voki
	auth   *jwtauth.Authenticator
	public http.Handler
	end    func()
}

type everyLink struct{}

func (everyLink) Link(context.Context, string) (httpapi.Link, error) {
	return httpapi.Link{Tenant: tenant, Department: "support"}, nil
}

func newVoki() (service, error) {
	store := memory.New()
	v, err := voki.New(voki.Options{Store: store})
	if err != nil {
		return nil, err
	}
	auth, err := jwtauth.New(jwtauth.Options{Keys: [][]byte{bytes.Repeat([]byte("k"), 32)}})
	if err != nil {
		return nil, err
	}
	api, err := httpapi.New(v, httpapi.Options{
		Authenticator: auth, Links: everyLink{}, PublicRate: -1,
		SocketRate: 1e6, // it is counted, and not reached
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = v.Run(ctx) })
	running.Go(func() { _ = api.Run(ctx) })
	mux := http.NewServeMux()
	mux.Handle(httpapi.SocketPath, api.Socket())
	return &ours{Handler: mux, v: v, auth: auth, public: api.Public(), end: func() {
		cancel()
		running.Wait()
		_ = store.Close()
	}}, nil
}

func (o *ours) stop() { o.end() }

// prepare makes active calls, each with an agent of its own.
func (o *ours) prepare(calls int) ([]seats, error) {
	all := make([]seats, calls)
	for i := range all {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/api/v1/call/bench/join",
			strings.NewReader(`{"name":"Maria"}`))
		w := httptest.NewRecorder()
		o.public.ServeHTTP(w, r)
		var joined struct {
			Data struct {
				CallID         string `json:"call_id"`
				WebsocketToken string `json:"websocket_token"`
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &joined); err != nil || w.Code != http.StatusOK {
			return nil, fmt.Errorf("join: %d %s", w.Code, w.Body)
		}
		id := joined.Data.CallID
		agent := call.Actor{Tenant: tenant, ID: fmt.Sprintf("agent-%d", i), Name: "Ana", Role: call.RoleAttendant}
		if _, err := o.v.Calls.Assign(context.Background(), agent, id, ""); err != nil {
			return nil, err
		}
		if _, err := o.v.Calls.Start(context.Background(), agent, id); err != nil {
			return nil, err
		}
		token, err := o.auth.Sign(agent, time.Hour)
		if err != nil {
			return nil, err
		}
		join := fmt.Sprintf(`["1","1","call:%s","phx_join",{}]`, id)
		all[i] = seats{
			Room:     id,
			Customer: vokiPath(joined.Data.WebsocketToken), Agent: vokiPath(token),
			JoinWith: join,
		}
	}
	return all, nil
}

func vokiPath(token string) string { return httpapi.SocketPath + "?vsn=2.0.0&token=" + token }
