package ai_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

var sam = call.Actor{Tenant: "acme", ID: "sam", Role: call.RoleSupervisor}

// provider answers as it is told, and notes what it was asked.
type provider struct {
	hear func(n int, a ai.Audio, content string) (ai.Speech, error) // n counts from 1
	say  func(n int, p ai.Prompt) (ai.Answer, error)

	mu     sync.Mutex
	audios []ai.Audio
	asked  []ai.Prompt
}

func (p *provider) Transcribe(_ context.Context, a ai.Audio) (ai.Speech, error) {
	content, err := io.ReadAll(a.Content)
	if err != nil {
		return ai.Speech{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.audios = append(p.audios, a)
	return p.hear(len(p.audios), a, string(content))
}

func (p *provider) Summarize(_ context.Context, q ai.Prompt) (ai.Answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, q)
	return p.say(len(p.asked), q)
}

// host is what the jobs ask the host, which may change its mind.
type host struct {
	mu    sync.Mutex
	tapes map[string][]ai.Track // by call
	plans plans
}

func (h *host) Tracks(_ context.Context, _, callID string) ([]ai.Track, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tapes[callID], nil
}

func (h *host) HasFeature(ctx context.Context, tenant string, f ai.Feature) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.plans.HasFeature(ctx, tenant, f)
}

func (h *host) change(fn func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fn()
}

func track(side call.Side, content string) ai.Track {
	return ai.Track{Side: side, Format: "webm", Size: int64(len(content)), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}}
}

// language is that of all calls.
type language string

func (l language) Language(context.Context, string, string) (string, error) { return string(l), nil }

// office is a tenant whose calls are recorded.
type office struct {
	t     testing.TB
	store *memory.Store
	calls *call.Service
	ai    *ai.Service
	jobs  *follow.Jobs
	host  host
	end   func()
}

var bothFeatures = plans{"acme": {ai.Transcription, ai.Summaries}}

// open runs the queue until the end of the test; in a bubble.
func open(t testing.TB, p *provider, o ai.JobOptions) *office {
	t.Helper()
	store := memory.New()
	w := &office{
		t: t, store: store, host: host{tapes: map[string][]ai.Track{}, plans: plans{"acme": bothFeatures["acme"]}},
		calls: call.NewService(storage.NarrowCalls(store), call.Options{}),
		jobs:  follow.NewJobs(storage.Narrow[follow.Tx](store)),
	}
	w.ai = ai.NewService(storage.Narrow[ai.Tx](store), bothFeatures)
	o.Recordings, o.Exclusive = &w.host, true
	if o.Plans == nil {
		o.Plans = &w.host
	}
	if p.hear != nil {
		o.Transcriber = p
	}
	if p.say != nil {
		o.Summarizer = p
	}
	queue, err := ai.NewQueue(storage.Narrow[ai.JobTx](store), o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- queue.Run(ctx) }()
	synctest.Wait() // it has begun
	w.end = sync.OnceFunc(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	return w
}

func (w *office) close() {
	w.end()
	require.NoError(w.t, w.store.Close())
}

// call takes a call to its end.
func (w *office) call() string {
	w.t.Helper()
	c, err := w.calls.Enqueue(w.t.Context(), call.Intake{Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"}})
	require.NoError(w.t, err)
	agent := call.Actor{Tenant: "acme", ID: "ana", Name: "Ana", Role: call.RoleAttendant}
	_, err = w.calls.Assign(w.t.Context(), agent, c.ID, "")
	require.NoError(w.t, err)
	_, err = w.calls.Start(w.t.Context(), agent, c.ID)
	require.NoError(w.t, err)
	_, err = w.calls.Complete(w.t.Context(), agent, c.ID, "")
	require.NoError(w.t, err)
	return c.ID
}

// record gives a call a recording.
func (w *office) record(id string, tracks ...ai.Track) {
	w.t.Helper()
	w.host.change(func() { w.host.tapes[id] = tracks })
	require.NoError(w.t, w.store.Update(w.t.Context(), func(tx storage.Tx) error {
		c, err := tx.Call("acme", id)
		if err != nil {
			return err
		}
		c, at := c.Changed(call.Now())
		c.HasRecording = true
		if err := tx.PutCall(c); err != nil {
			return err
		}
		_, err = tx.AppendEvent(call.Event{Tenant: "acme", Time: at, CallID: id, Kind: call.KindRecordingReady})
		return err
	}))
}

// erase takes the customer out of a call, but leaves its jobs.
func (w *office) erase(id string) {
	w.t.Helper()
	require.NoError(w.t, w.store.Update(w.t.Context(), func(tx storage.Tx) error {
		c, err := tx.Call("acme", id)
		if err != nil {
			return err
		}
		return errors.Join(ai.EraseTx(tx, "acme", id), call.EraseTx(tx, c, "mia", call.Now(), call.Erasure{}))
	}))
}

// settle lets time pass, in which what fails a few times is tried again.
func (w *office) settle() {
	time.Sleep(2 * time.Hour)
	synctest.Wait()
}

// job is that of a kind for a call.
func (w *office) job(kind, id string) follow.Job {
	w.t.Helper()
	j, err := w.jobs.Get(w.t.Context(), sam, kind+"-"+id)
	require.NoError(w.t, err)
	return j
}

// count is how many events of a kind a call has.
func (w *office) count(id string, kind call.Kind) (n int) {
	w.t.Helper()
	events, err := w.calls.Timeline(w.t.Context(), sam, id)
	require.NoError(w.t, err)
	for _, e := range events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func (w *office) requireTranscript(id, text, language string) {
	w.t.Helper()
	t, err := w.ai.Transcript(w.t.Context(), sam, id)
	require.NoError(w.t, err)
	assert.Equal(w.t, text, t.Text)
	assert.Equal(w.t, language, t.Language)
	assert.Equal(w.t, 1, w.count(id, call.KindTranscriptReady))
}

func hearAll(s ai.Speech) func(int, ai.Audio, string) (ai.Speech, error) {
	return func(int, ai.Audio, string) (ai.Speech, error) { return s, nil }
}

func sayAll(text string) func(int, ai.Prompt) (ai.Answer, error) {
	return func(int, ai.Prompt) (ai.Answer, error) {
		return ai.Answer{Text: text, Provider: "fake", Model: "fake-1"}, nil
	}
}
