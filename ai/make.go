package ai

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
)

// done is how a job ends.
type done = follow.Done[JobTx]

// do makes an artifact, unless there is one or it is not wanted any more.
func (m *maker) do(ctx context.Context, j follow.Job) (d done, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, m.o.Limit, fmt.Errorf("not done after %s", m.o.Limit))
	defer cancel()
	switch {
	case j.Kind == KindTranscript && m.o.Transcriber != nil:
		d, err = m.transcript(ctx, j)
	case j.Kind == KindSummary && m.o.Summarizer != nil:
		d, err = m.summary(ctx, j)
	default:
		return done{}, fmt.Errorf("nothing is there that makes a %s", j.Kind)
	}
	if errors.Is(err, ErrEmpty) {
		return done{Result: ResultEmpty}, nil
	}
	if err != nil {
		return done{}, err
	}
	return d, nil
}

// transcript makes the transcript of a call.
func (m *maker) transcript(ctx context.Context, j follow.Job) (done, error) {
	if has, err := m.has(ctx, j.Tenant, Transcription); err != nil || !has {
		return done{Result: ResultNotInPlan}, err
	}
	there := false
	err := m.store.View(ctx, func(tx JobTx) (err error) {
		there, err = found(tx.Transcript(j.Tenant, j.CallID))
		return err
	})
	if err != nil || there {
		return done{Result: ResultReady}, err
	}
	tracks, err := m.o.Recordings.Tracks(ctx, j.Tenant, j.CallID)
	if err != nil {
		return done{}, fmt.Errorf("recording: %w", err)
	}
	if tracks = toHear(tracks); len(tracks) == 0 {
		return done{Result: ResultNoRecording}, nil
	}
	language, err := m.o.Languages.Language(ctx, j.Tenant, j.CallID)
	if err != nil {
		return done{}, fmt.Errorf("languages: %w", err)
	}
	t := Transcript{Tenant: j.Tenant, CallID: j.CallID, Language: tagOr(language, "")}
	all := make([]spoken, 0, len(tracks))
	for _, track := range tracks {
		speech, err := m.hear(ctx, track, t.Language)
		if errors.Is(err, ErrEmpty) {
			continue // one side may be silent
		}
		if err != nil {
			return done{}, err
		}
		t.Language = tagOr(speech.Language, t.Language)
		all = append(all, spoken{speech, track.Side, track.Start})
	}
	if t.Text, err = fitting(lines(all)); err != nil {
		return done{}, err
	}
	t.GeneratedAt = call.Now()
	return done{Result: ResultReady, Commit: func(tx JobTx) error {
		if there, err := found(tx.Transcript(j.Tenant, j.CallID)); err != nil || there {
			return err // the host was faster
		}
		return unlessGone(putTranscript(tx, t, t.GeneratedAt))
	}}, nil
}

func (m *maker) hear(ctx context.Context, t Track, language string) (Speech, error) {
	content, err := t.Open(ctx)
	if err != nil {
		return Speech{}, fmt.Errorf("recording: %w", err)
	}
	defer content.Close() // only read
	return m.o.Transcriber.Transcribe(ctx, Audio{Content: content, Size: t.Size, Format: t.Format, Language: language})
}

// summary makes the summary of a call that has a transcript.
func (m *maker) summary(ctx context.Context, j follow.Job) (done, error) {
	if has, err := m.has(ctx, j.Tenant, Summaries); err != nil || !has {
		return done{Result: ResultNotInPlan}, err
	}
	var (
		t     Transcript
		there bool
	)
	err := m.store.View(ctx, func(tx JobTx) (err error) {
		if there, err = found(tx.Summary(j.Tenant, j.CallID)); err != nil || there {
			return err
		}
		t, err = tx.Transcript(j.Tenant, j.CallID)
		return err
	})
	switch {
	case errors.Is(err, ErrNoTranscript):
		return done{Result: ResultNoCall}, nil
	case err != nil || there:
		return done{Result: ResultReady}, err
	}
	a, err := m.summarize(ctx, t.Text, tagOr(t.Language, ""))
	if err != nil {
		return done{}, err
	}
	s := Summary{Tenant: j.Tenant, CallID: j.CallID, Provider: a.Provider, Model: a.Model}
	if s.Text, err = fitting(a.Text); err != nil {
		return done{}, err
	}
	s.GeneratedAt = call.Now()
	return done{Result: ResultReady, Commit: func(tx JobTx) error {
		if there, err := found(tx.Summary(j.Tenant, j.CallID)); err != nil || there {
			return err
		}
		return unlessGone(putSummary(tx, s, s.GeneratedAt))
	}}, nil
}

// found reports whether an artifact is there.
func found[T any](_ T, err error) (bool, error) {
	if errors.Is(err, ErrNoTranscript) || errors.Is(err, ErrNoSummary) {
		return false, nil
	}
	return err == nil, err
}

// fitting is a provider's text that can be kept, or the error that ends the job.
func fitting(text string) (string, error) {
	switch {
	case text == "":
		return "", ErrEmpty
	case utf8.RuneCountInString(text) > maxText:
		return "", &Refused{Err: fmt.Errorf("the provider's text has more than %d characters", maxText)}
	}
	return text, nil
}

// unlessGone ends a job without an artifact if the call is gone, or its customer was erased, while it was being made.
func unlessGone(err error) error {
	if errors.Is(err, call.ErrNotFound) || errors.Is(err, call.ErrErased) {
		return nil
	}
	return err
}
