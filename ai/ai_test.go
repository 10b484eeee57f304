package ai_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

var (
	attendant = call.Actor{Tenant: "acme", ID: "ana", Role: call.RoleAttendant}
	nobody    = call.Actor{Tenant: "acme", ID: "ana"}
)

// plans says which features a tenant has paid for.
type plans map[string][]ai.Feature

func (p plans) HasFeature(_ context.Context, tenant string, feature ai.Feature) (bool, error) {
	for _, f := range p[tenant] {
		if f == feature {
			return true, nil
		}
	}
	return false, nil
}

type brokenPlans struct{ err error }

func (p brokenPlans) HasFeature(context.Context, string, ai.Feature) (bool, error) {
	return true, p.err
}

// newService returns a service, and a call of the tenant acme on its store.
func newService(t testing.TB, p ai.Plans) (s *ai.Service, calls *call.Service, callID string) {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	calls = call.NewService(storage.NarrowCalls(store), call.Options{})
	c, err := calls.Enqueue(t.Context(), call.Intake{
		Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"},
	})
	require.NoError(t, err)
	return ai.NewService(storage.Narrow[ai.Tx](store), p), calls, c.ID
}

// TestGate: the role is looked at first, then the plan, and only then the call.
func TestGate(t *testing.T) {
	both := plans{"acme": {ai.Transcription, ai.Summaries}}
	down := errors.New("billing is down")
	for name, test := range map[string]struct {
		plans                ai.Plans
		actor                call.Actor
		transcript, summary  error
		transcriptSays, says string
	}{
		"no plans":      {nil, attendant, call.ErrForbidden, call.ErrForbidden, "Feature transcription not available in the plan", "Feature ai_summaries not available in the plan"},
		"other plan":    {plans{"other": {ai.Transcription, ai.Summaries}}, attendant, call.ErrForbidden, call.ErrForbidden, "Feature transcription not available in the plan", "Feature ai_summaries not available in the plan"},
		"one":           {plans{"acme": {ai.Transcription}}, attendant, ai.ErrNoTranscript, call.ErrForbidden, "", "Feature ai_summaries not available in the plan"},
		"the other":     {plans{"acme": {ai.Summaries}}, attendant, call.ErrForbidden, ai.ErrNoSummary, "Feature transcription not available in the plan", ""},
		"both":          {both, attendant, ai.ErrNoTranscript, ai.ErrNoSummary, "", ""},
		"no role":       {both, nobody, call.ErrForbidden, call.ErrForbidden, "", ""},
		"billing fails": {brokenPlans{down}, attendant, down, down, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, id := newService(t, test.plans)
			for _, id := range []string{id, "unknown", "", "\x00", strings.Repeat("x", 4000)} {
				_, err := s.Transcript(t.Context(), test.actor, id)
				require.ErrorIs(t, err, test.transcript)
				if test.transcriptSays != "" {
					assert.EqualError(t, err, test.transcriptSays)
				}
				_, err = s.Summary(t.Context(), test.actor, id)
				require.ErrorIs(t, err, test.summary)
				if test.says != "" {
					assert.EqualError(t, err, test.says)
				}
			}
		})
	}
}

func TestArtifacts(t *testing.T) {
	s, calls, id := newService(t, plans{
		"acme": {ai.Transcription, ai.Summaries}, "other": {ai.Transcription, ai.Summaries},
	})
	at := time.Date(2026, 2, 18, 11, 46, 0, 123456789, time.FixedZone("BRT", -3*3600))
	utc := time.Date(2026, 2, 18, 14, 46, 0, 123456000, time.UTC)
	transcript := ai.Transcript{
		Tenant: "acme", CallID: id, Language: "pt-BR", GeneratedAt: at,
		Text: "Agent: Good morning, how can I help you?\nCustomer: I need technical support...",
	}
	summary := ai.Summary{
		Tenant: "acme", CallID: id, Provider: "openai", Model: "gpt-4o-mini", GeneratedAt: at,
		Text: "The customer contacted us to resolve a configuration issue...",
	}
	require.NoError(t, s.PutTranscript(t.Context(), transcript))
	require.NoError(t, s.PutSummary(t.Context(), summary))
	transcript.GeneratedAt, summary.GeneratedAt = utc, utc

	gotTranscript, err := s.Transcript(t.Context(), attendant, id)
	require.NoError(t, err)
	assert.Equal(t, transcript, gotTranscript)
	gotSummary, err := s.Summary(t.Context(), attendant, id)
	require.NoError(t, err)
	assert.Equal(t, summary, gotSummary)

	stranger := call.Actor{Tenant: "other", ID: "ana", Role: call.RoleOwner}
	_, err = s.Transcript(t.Context(), stranger, id)
	assert.ErrorIs(t, err, ai.ErrNoTranscript)
	_, err = s.Summary(t.Context(), stranger, id)
	assert.ErrorIs(t, err, ai.ErrNoSummary)

	events, err := calls.Timeline(t.Context(), attendant, id)
	require.NoError(t, err)
	require.Len(t, events, 3)
	assert.Equal(t, call.KindTranscriptReady, events[1].Kind)
	assert.Equal(t, call.KindSummaryReady, events[2].Kind)
	assert.Zero(t, events[1].Data, "no word of it")
}

func TestPutReplaces(t *testing.T) {
	s, _, id := newService(t, plans{"acme": {ai.Transcription, ai.Summaries}})
	before := call.Now()
	for _, text := range []string{"first", "second"} {
		require.NoError(t, s.PutTranscript(t.Context(), ai.Transcript{Tenant: "acme", CallID: id, Text: text}))
		require.NoError(t, s.PutSummary(t.Context(), ai.Summary{Tenant: "acme", CallID: id, Text: text}))
	}
	transcript, err := s.Transcript(t.Context(), attendant, id)
	require.NoError(t, err)
	assert.Equal(t, "second", transcript.Text)
	assert.False(t, transcript.GeneratedAt.Before(before), "made now, unless it says when")
	summary, err := s.Summary(t.Context(), attendant, id)
	require.NoError(t, err)
	assert.Equal(t, "second", summary.Text)
	assert.False(t, summary.GeneratedAt.Before(before))
}

func TestPutValidates(t *testing.T) {
	s, _, id := newService(t, plans{"acme": {ai.Transcription, ai.Summaries}})
	transcript := ai.Transcript{Tenant: "acme", CallID: id, Text: "Agent: hello"}
	summary := ai.Summary{Tenant: "acme", CallID: id, Text: "A greeting."}
	for field, change := range map[string]func(*ai.Transcript){
		"transcript": func(t *ai.Transcript) { t.Text = "" },
		"language":   func(t *ai.Transcript) { t.Language = "pt\nBR" },
	} {
		bad := transcript
		change(&bad)
		requireField(t, s.PutTranscript(t.Context(), bad), field)
	}
	bad := transcript
	bad.Text = "a\xff"
	requireField(t, s.PutTranscript(t.Context(), bad), "transcript")
	for field, change := range map[string]func(*ai.Summary){
		"summary":  func(s *ai.Summary) { s.Text = "\x00" },
		"provider": func(s *ai.Summary) { s.Provider = strings.Repeat("x", 201) },
		"model":    func(s *ai.Summary) { s.Model = "\x1b" },
	} {
		bad := summary
		change(&bad)
		requireField(t, s.PutSummary(t.Context(), bad), field)
	}
	for _, unknown := range []string{"unknown", "", "\x00"} {
		transcript.CallID, summary.CallID = unknown, unknown
		assert.ErrorIs(t, s.PutTranscript(t.Context(), transcript), call.ErrNotFound)
		assert.ErrorIs(t, s.PutSummary(t.Context(), summary), call.ErrNotFound)
	}
	transcript.CallID, transcript.Tenant = id, "other"
	assert.ErrorIs(t, s.PutTranscript(t.Context(), transcript), call.ErrNotFound)
	_, err := s.Transcript(t.Context(), attendant, id)
	assert.ErrorIs(t, err, ai.ErrNoTranscript)
}

func requireField(t testing.TB, err error, field string) {
	t.Helper()
	var wrong call.FieldErrors
	require.ErrorAs(t, err, &wrong)
	require.Contains(t, wrong, field)
}
