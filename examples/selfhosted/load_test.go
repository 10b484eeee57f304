package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fact is what the server must know after it has acknowledged it: the state of one call and what belongs to it.
type fact struct {
	id       string
	token    string // of the customer
	status   string
	notes    string // the agent's
	rating   int
	tagged   bool
	manager  string            // the text of the manager's note
	uploads  map[string]string // content by address
	pending  string            // the change whose answer was not seen
	mayBe    string            // the state that it leads to
	finished bool
}

// ledger is what some clients know.
type ledger struct {
	mu    sync.Mutex
	facts []*fact

	through, kept atomic.Int64 // calls through their whole life, and uploads, for who looks while there is load
}

// load lets clients work on calls until the server stops answering, and notes what it has acknowledged.
func (l *ledger) load(p *process, clients int, stop <-chan struct{}) {
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if !l.oneCall(p, fmt.Sprintf("%d-%d", c, n)) {
					return
				}
			}
		})
	}
	all.Wait()
}

// oneCall takes a call through its life. It reports false when the server no longer answers as it should.
func (l *ledger) oneCall(p *process, name string) bool {
	got, err := p.ask("POST", "/api/v1/call/suporte/join", "", `{"name": "Client `+name+`"}`)
	if err != nil || got.status != http.StatusOK {
		return false
	}
	var joined struct {
		Data struct {
			ID    string `json:"call_id"`
			Token string `json:"websocket_token"`
		}
	}
	if err := json.Unmarshal(got.body, &joined); err != nil {
		return false
	}
	f := &fact{id: joined.Data.ID, token: joined.Data.Token, status: "queued", uploads: map[string]string{}}
	l.mu.Lock()
	l.facts = append(l.facts, f)
	l.mu.Unlock()
	path := "/api/v1/calls/" + f.id

	// Each step is pending until it is answered: if the server dies meanwhile, it may have been done or not.
	step := func(what, mayBe string, status int, method, path, bearer, body string, done func()) bool {
		f.pending, f.mayBe = what, mayBe
		got, err := p.ask(method, path, bearer, body)
		if err != nil || got.status != status {
			return false
		}
		f.pending, f.mayBe = "", ""
		done()
		return true
	}
	ok := step("assign", "assigned", 200, "POST", path+"/assign", attendant, "", func() { f.status = "assigned" }) &&
		l.upload(p, f, name) &&
		step("tag", "", 201, "POST", path+"/tags", attendant, `{"tag_id": "`+pageTag+`"}`, func() { f.tagged = true }) &&
		step("start", "active", 200, "POST", path+"/start", attendant, "", func() { f.status = "active" }) &&
		step("complete", "completed", 200, "POST", path+"/complete", attendant, `{"notes": "notes of `+name+`"}`,
			func() { f.status, f.notes = "completed", "notes of "+name }) &&
		step("note", "", 200, "POST", path+"/manager-notes", supervisor, `{"notes": "manager of `+name+`"}`,
			func() { f.manager = "manager of " + name }) &&
		step("rate", "", 200, "POST", "/api/v1/call/evaluate/"+f.id, f.token, `{"rating": 4}`, func() { f.rating = 4 })
	if f.finished = ok; ok {
		l.through.Add(1)
	}
	return ok
}

// queue lets customers join until the server refuses one.
func (l *ledger) queue(p *process) {
	p.t.Helper()
	for n := 0; ; n++ {
		require.Less(p.t, n, 10_000)
		got, err := p.ask("POST", "/api/v1/call/suporte/join", "", `{"name": "Maria"}`)
		require.NoError(p.t, err)
		if got.status == 503 {
			return
		}
		require.Equal(p.t, 200, got.status, "%s", got.body)
		var joined struct {
			Data struct {
				ID string `json:"call_id"`
			}
		}
		require.NoError(p.t, json.Unmarshal(got.body, &joined))
		l.facts = append(l.facts, &fact{id: joined.Data.ID, status: "queued", uploads: map[string]string{}})
	}
}

func (l *ledger) upload(p *process, f *fact, name string) bool {
	content := strings.Repeat("content of "+name+"\n", 1000)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "file.txt")
	if err != nil {
		panic(err)
	}
	_, _ = part.Write([]byte(content)) // a buffer takes everything
	_ = form.Close()
	r := uploadRequest(p, "/api/v1/calls/"+f.id, attendant, form.FormDataContentType(), &body)
	got, err := do(r)
	if err != nil || got.status != http.StatusCreated {
		return false
	}
	var answer struct{ Data struct{ URL string } }
	if err := json.Unmarshal(got.body, &answer); err != nil {
		return false
	}
	f.uploads[answer.Data.URL] = content
	l.kept.Add(1)
	return true
}

// verify compares everything that was acknowledged with what the server has.
func (l *ledger) verify(t *testing.T, p *process) {
	t.Helper()
	for _, f := range l.facts {
		var got struct {
			Data struct {
				Status  string
				Notes   *string
				Rating  *int
				Tags    []struct{ ID string }
				Manager *string `json:"manager_notes"`
			}
		}
		require.NoError(t, json.Unmarshal(p.must(200, "GET", "/api/v1/calls/"+f.id, supervisor, ""), &got))
		d := got.Data
		if f.mayBe != "" && d.Status == f.mayBe {
			f.status = f.mayBe
		}
		assert.Equal(t, f.status, d.Status, "call %s, pending %q", f.id, f.pending)
		if f.notes != "" {
			assert.Equal(t, f.notes, text(d.Notes), f.id)
		}
		if f.rating != 0 {
			require.NotNil(t, d.Rating, f.id)
			assert.Equal(t, f.rating, *d.Rating, f.id)
		}
		if f.tagged {
			assert.Len(t, d.Tags, 1, f.id)
		}
		if f.manager != "" {
			assert.Contains(t, text(d.Manager), f.manager, f.id)
			assert.Equal(t, 1, strings.Count(text(d.Manager), f.manager), f.id)
		}
		for url, content := range f.uploads {
			assert.Equal(t, content, string(p.must(200, "GET", url, attendant, "")), f.id)
		}
		f.pending, f.mayBe = "", ""
	}
}

// finished is how many calls went through their whole life.
func (l *ledger) finished() (n int) {
	for _, f := range l.facts {
		if f.finished {
			n++
		}
	}
	return n
}

// uploads is how many uploads were acknowledged.
func (l *ledger) uploads() (n int) {
	for _, f := range l.facts {
		n += len(f.uploads)
	}
	return n
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// inOrder waits until the server has cleared what a crash left behind, and lets it check its data.
func inOrder(t *testing.T, dir string) {
	t.Helper()
	var got result
	require.Eventually(t, func() bool {
		got = voki(t, "check", "--data", dir)
		return got.code == 0 && !strings.Contains(got.stdout, "unfinished")
	}, patience, 50*time.Millisecond, "the data is in order and nothing is left over")
	assert.Contains(t, got.stdout, "everything is in order")
	assert.Empty(t, left(t, filepath.Join(dir, "blobs", "tmp")), "what was being uploaded")
}
