// Package ai holds what artificial intelligence makes of a call, transcript and summary, the gate (which company has
// which of them in its plan), and the jobs by which they are made.
//
// It knows calls only by their ids and their log, and must never know a provider, nor how recordings are kept: it asks
// a [Transcriber], a [Summarizer] and [Recordings].
package ai

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/avanter/voki/call"
)

// Feature is something a plan includes or not.
type Feature string

// The features.
const (
	Transcription Feature = "transcription"
	Summaries     Feature = "ai_summaries"
)

// Plans is how the host says what a company has paid for.
type Plans interface {
	// HasFeature reports whether the tenant's plan includes the feature.
	HasFeature(ctx context.Context, tenant string, feature Feature) (bool, error)
}

// FeatureError says that the tenant's plan lacks a feature; it reads as the API page words it. It is a
// [call.ErrForbidden].
type FeatureError struct{ Feature Feature }

func (e *FeatureError) Error() string {
	return fmt.Sprintf("Feature %s not available in the plan", e.Feature)
}

// Is makes every FeatureError a [call.ErrForbidden].
func (e *FeatureError) Is(target error) bool { return target == call.ErrForbidden }

// The errors of this package.
var (
	// ErrNoTranscript: there is no such call, or no transcript of it.
	ErrNoTranscript = errors.New("call not found or no transcript available")
	// ErrNoSummary: there is no such call, or no summary of it.
	ErrNoSummary = errors.New("call not found or no summary available")
)

// Transcript is what was said in a call.
type Transcript struct {
	Tenant      string
	CallID      string
	Text        string // lines "Agent: …" and "Customer: …" where the speakers can be told apart
	Language    string // BCP 47, such as pt-BR
	GeneratedAt time.Time
}

// Summary is what a call was about.
type Summary struct {
	Tenant      string
	CallID      string
	Text        string
	Provider    string // who made it, such as openai
	Model       string // by which model
	GeneratedAt time.Time
}

// Store is what this package needs of a storage backend; see package storage for the contract.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}

// Tx is a transaction as this package uses it.
type Tx interface {
	Call(tenant, id string) (call.Call, error)
	AppendEvent(e call.Event) (call.Event, error)

	// Transcript returns the transcript of a call. Returns [ErrNoTranscript].
	Transcript(tenant, callID string) (Transcript, error)
	// PutTranscript writes the transcript of a call, in place of an earlier one.
	PutTranscript(t Transcript) error
	// DeleteTranscript removes it, if there is one.
	DeleteTranscript(tenant, callID string) error

	// Summary returns the summary of a call. Returns [ErrNoSummary].
	Summary(tenant, callID string) (Summary, error)
	// PutSummary writes the summary of a call, in place of an earlier one.
	PutSummary(s Summary) error
	// DeleteSummary removes it, if there is one.
	DeleteSummary(tenant, callID string) error
}
