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
func artifacts(m *media.Service, o Options) (*follow.Queue[ai.JobTx], error) {
	if o.Transcriber == nil && o.Summarizer == nil {
		return nil, nil
	}
	_, exclusive := o.Store.(storage.Exclusive)
	queue, err := ai.NewQueue(storage.Narrow[ai.JobTx](o.Store), ai.JobOptions{
		Transcriber: o.Transcriber, Summarizer: o.Summarizer, Recordings: recordings{m}, Languages: o.Languages,
		Plans: o.Plans, Prompts: o.Prompts, PieceSize: o.AIPieceSize, Workers: o.AIWorkers, Limit: o.AILimit,
		Exclusive: exclusive, Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	return queue, queue.Begin(context.Background())
}

// recordings shows those of package media as the jobs of package ai ask for them, which know nothing of each other.
type recordings struct{ media *media.Service }

// Tracks implements [ai.Recordings].
func (r recordings) Tracks(ctx context.Context, tenant, callID string) ([]ai.Track, error) {
	rec, content, err := r.media.OpenRecording(ctx, tenant, callID)
	if errors.Is(err, media.ErrNoRecording) || errors.Is(err, call.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	open := func(ctx context.Context) (io.ReadCloser, error) {
		_, content, err := r.media.OpenRecording(ctx, tenant, callID)
		return content, err
	}
	return []ai.Track{{Format: rec.Format, Size: rec.Size, Open: open}}, content.Close()
}
