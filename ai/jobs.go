package ai

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
)

// QueueName is the name of the queue of [NewQueue]: of its jobs and its cursors.
const QueueName = "ai"

// The kinds of its jobs.
const (
	KindTranscript = "transcript"
	KindSummary    = "summary"
)

// What its jobs result in when they are done.
const (
	ResultReady       = "ready"        // there is an artifact: made by the job, or put by the host before it
	ResultEmpty       = "empty"        // nobody speaks, or there is nothing to summarise: no artifact
	ResultNotInPlan   = "not_in_plan"  // the tenant's plan has lost the feature meanwhile: no artifact
	ResultNoRecording = "no_recording" // it was deleted meanwhile: no artifact
	ResultNoCall      = "no_call"      // the call, or the transcript to summarise, is there no more: no artifact
)

// JobOptions say how artifacts are made.
type JobOptions struct {
	Transcriber Transcriber // Defaults to none: no transcripts are made
	Summarizer  Summarizer  // Defaults to none: no summaries are made
	Recordings  Recordings  // Defaults to none: nothing was recorded
	Languages   Languages   // Defaults to none: the provider finds out
	Plans       Plans       // Defaults to none: no features

	Prompts   fs.FS         // with summary.txt, piece.txt and join.txt, as in the folder prompts of this package. Those that it lacks default to these
	PieceSize int           // characters of a transcript that are summarised at once, at least 1,000. Defaults to 48,000
	Workers   int           // jobs at once, in this process. Defaults to 2
	Limit     time.Duration // of one try. Defaults to 2 h
	Jobs      *follow.Jobs  // as [follow.Options] have them. Defaults to none
	Exclusive bool          // as [follow.Options] have it. Defaults to false
	Logger    *slog.Logger  // gets no names and no texts. Defaults to one that discards
}

// The defaults of [JobOptions].
const (
	DefaultPieceSize = 48_000
	DefaultWorkers   = 2
	DefaultLimit     = 2 * time.Hour
)

// MinPieceSize is the least [JobOptions] PieceSize: a lower one becomes it.
const MinPieceSize = 1000

// JobTx is a transaction as the jobs use it.
type JobTx interface {
	Tx
	follow.Tx
}

// maker makes artifacts.
type maker struct {
	store follow.Store[JobTx]
	o     JobOptions
	digest
}

// NewQueue returns the queue that makes artifacts: a transcript when a call is completed and has a recording, whichever
// comes later, and a summary when there is a transcript, each for tenants whose plan includes it. It fails for prompts
// that cannot be read.
func NewQueue(store follow.Store[JobTx], o JobOptions) (*follow.Queue[JobTx], error) {
	templates, err := readPrompts(o.Prompts)
	if err != nil {
		return nil, err
	}
	if o.Plans == nil {
		o.Plans = noPlans{}
	}
	if o.Languages == nil {
		o.Languages = noLanguages{}
	}
	if o.Recordings == nil {
		o.Recordings = noRecordings{}
	}
	if o.PieceSize <= 0 {
		o.PieceSize = DefaultPieceSize
	}
	if o.Workers <= 0 {
		o.Workers = DefaultWorkers
	}
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	m := &maker{store: store, o: o, digest: digest{o.Summarizer, templates, max(o.PieceSize, MinPieceSize)}}
	return follow.New(store, follow.Options[JobTx]{
		Name: QueueName, Plan: m.plan, Do: m.do, Workers: o.Workers, Jobs: o.Jobs, Exclusive: o.Exclusive, Logger: o.Logger,
	}), nil
}

type noLanguages struct{}

func (noLanguages) Language(context.Context, string, string) (string, error) { return "", nil }

type noRecordings struct{}

func (noRecordings) Tracks(context.Context, string, string) ([]Track, error) { return nil, nil }

// plan says what follows from an event. A call has one transcript and one summary, so the jobs bear its id.
func (m *maker) plan(ctx context.Context, e call.Event) ([]follow.Job, error) {
	kind, feature := KindTranscript, Transcription
	switch e.Kind {
	case call.KindCompleted, call.KindRecordingReady:
		if m.o.Transcriber == nil {
			return nil, nil
		}
	case call.KindTranscriptReady:
		if m.o.Summarizer == nil {
			return nil, nil
		}
		kind, feature = KindSummary, Summaries
	default:
		return nil, nil
	}
	if has, err := m.has(ctx, e.Tenant, feature); err != nil || !has {
		return nil, err
	}
	if kind == KindTranscript {
		if whole, err := m.whole(ctx, e.Tenant, e.CallID); err != nil || !whole {
			return nil, err
		}
	}
	return []follow.Job{{Tenant: e.Tenant, ID: kind + "-" + e.CallID, Kind: kind, CallID: e.CallID, Seq: e.Seq}}, nil
}

func (m *maker) has(ctx context.Context, tenant string, f Feature) (bool, error) {
	has, err := m.o.Plans.HasFeature(ctx, tenant, f)
	if err != nil {
		return false, fmt.Errorf("plans: %w", err)
	}
	return has, nil
}

// whole reports whether a call is completed and has its recording.
func (m *maker) whole(ctx context.Context, tenant, callID string) (whole bool, err error) {
	err = m.store.View(ctx, func(tx JobTx) error {
		c, err := tx.Call(tenant, callID)
		if errors.Is(err, call.ErrNotFound) {
			return nil
		}
		whole = c.Status == call.Completed && c.HasRecording
		return err
	})
	return whole, err
}
