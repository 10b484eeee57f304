package voki

import (
	"context"
	"errors"
	"io"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
)

// artifacts returns the queue that has transcripts and summaries made, and that has begun: it will miss no call from now
// on. It is nil if nobody makes any.
func artifacts(m *media.Service, jobs *follow.Jobs, o Options) (*follow.Queue[ai.JobTx], error) {
	if o.Transcriber == nil && o.Summarizer == nil {
		return nil, nil
	}
	_, exclusive := o.Store.(storage.Exclusive)
	queue, err := ai.NewQueue(storage.Narrow[ai.JobTx](o.Store), ai.JobOptions{
		Transcriber: o.Transcriber, Summarizer: o.Summarizer, Recordings: recordings{m}, Languages: o.Languages,
		Plans: o.Plans, Prompts: o.Prompts, PieceSize: o.AIPieceSize, Workers: o.AIWorkers, Limit: o.AILimit,
		Jobs: jobs, Exclusive: exclusive, Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	return queue, queue.Begin(context.Background())
}

// recordings shows those of package media as the jobs of package ai ask for them, which know nothing of each other.
type recordings struct{ media *media.Service }

// Tracks implements [ai.Recordings]: the two sides apart if both were recorded so, or else the track that is played.
func (r recordings) Tracks(ctx context.Context, tenant, callID string) ([]ai.Track, error) {
	rec, content, err := r.media.OpenRecording(ctx, tenant, callID)
	if errors.Is(err, media.ErrNoRecording) || errors.Is(err, call.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	played := ai.Track{Format: rec.Format, Size: rec.Size, Open: r.opener(tenant, callID, "")}
	var apart []ai.Track
	for _, t := range rec.Tracks {
		if side, one := sides[t.Name]; one {
			apart = append(apart, ai.Track{
				Side: side, Format: rec.Format, Size: t.Size, Open: r.opener(tenant, callID, t.Name),
			})
		}
	}
	if len(apart) == len(sides) || len(apart) == 1 && len(rec.Tracks) == 1 {
		return apart, content.Close()
	}
	return []ai.Track{played}, content.Close()
}

// sides says whose voice a track holds that is one side's alone.
var sides = map[media.TrackName]call.Side{
	media.TrackAgent: call.SideAgent, media.TrackCustomer: call.SideCustomer,
}

func (r recordings) opener(tenant, callID string, track media.TrackName) func(context.Context) (io.ReadCloser, error) {
	return func(ctx context.Context) (io.ReadCloser, error) {
		_, content, err := r.media.OpenTrack(ctx, tenant, callID, track)
		return content, err
	}
}
