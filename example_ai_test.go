package voki_test

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/avanter/voki"
	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/memory"
)

// scribe stands for a provider, such as a Client of package ai/openai.
type scribe struct{}

func (scribe) Transcribe(_ context.Context, a ai.Audio) (ai.Speech, error) {
	n, err := io.Copy(io.Discard, a.Content)
	return ai.Speech{Text: fmt.Sprintf("%d bytes of %s.", n, a.Format), Language: "en"}, err
}

func (scribe) Summarize(_ context.Context, p ai.Prompt) (ai.Answer, error) {
	said := strings.Split(p.Data, "\n")[1] // between the marks
	return ai.Answer{Text: "Somebody said: " + said, Provider: "scribe", Model: "one"}, nil
}

// Recorded calls get a transcript and a summary by themselves, once each, though providers fail and processes die.
func ExampleOptions_transcripts() {
	v, err := voki.New(voki.Options{
		Store: memory.New(), Plans: everything{}, Transcriber: scribe{}, Summarizer: scribe{},
	})
	check(err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- v.Run(ctx) }()

	c, err := v.Calls.Enqueue(ctx, maria)
	check(err)
	_, err = v.Calls.Assign(ctx, ana, c.ID, "")
	check(err)
	_, err = v.Calls.Start(ctx, ana, c.ID)
	check(err)
	_, err = v.Media.PutRecording(ctx, ana, c.ID, 0, strings.NewReader("\x1a\x45\xdf\xa3\x87\x42\x82\x84webm"))
	check(err)
	_, err = v.Calls.Complete(ctx, ana, c.ID, "")
	check(err)

	for event, err := range v.Events(ctx, "acme", 0) {
		check(err)
		if event.Kind == call.KindSummaryReady {
			break
		}
	}
	transcript, err := v.AI.Transcript(ctx, ana, c.ID)
	check(err)
	fmt.Println(transcript.Text)
	summary, err := v.AI.Summary(ctx, ana, c.ID)
	check(err)
	fmt.Println(summary.Text, "By", summary.Provider, summary.Model)
	stop()
	fmt.Println("Run returned", <-done)
	// Output:
	// 12 bytes of webm.
	// Somebody said: 12 bytes of webm. By scribe one
	// Run returned <nil>
}

// everything is a plan that includes all features.
type everything struct{}

func (everything) HasFeature(context.Context, string, ai.Feature) (bool, error) { return true, nil }
