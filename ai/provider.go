package ai

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/avanter/voki/call/follow"
)

// Transcriber writes down what is said. It is safe for concurrent use, and returns soon after ctx has ended.
type Transcriber interface {
	// Transcribe reads the audio to its end, or as far as it likes, as a stream. Returns [ErrEmpty] if nobody speaks, a
	// *[Refused] for what would be refused again, and a *[Retry] if the provider says when to come back; after any
	// other error it is asked again later.
	Transcribe(ctx context.Context, a Audio) (Speech, error)
}

// Audio is one sound track.
type Audio struct {
	Content  io.Reader // may be much larger than memory; whoever made the Audio closes it
	Size     int64     // bytes; 0 if not known
	Format   string    // of the container, as file names end: webm
	Language string    // BCP 47, what is likely spoken; empty if that is not known
}

// Speech is what was said.
type Speech struct {
	Text     string
	Language string    // BCP 47; empty if the provider does not tell
	Segments []Segment // the same with times; empty if the provider gives none
}

// Segment is what one speaker said in one go.
type Segment struct {
	Start   time.Duration // since the track began
	Speaker string        // the provider's label; empty if it tells speakers not apart
	Text    string
}

// Summarizer answers a prompt with a text. It is safe for concurrent use, and returns soon after ctx has ended.
type Summarizer interface {
	// Summarize returns errors as [Transcriber] does.
	Summarize(ctx context.Context, p Prompt) (Answer, error)
}

// Prompt is one question to a [Summarizer].
type Prompt struct {
	Instructions string // by the host; what a chat calls the system's message
	Data         string // what they are about, marked as such; it is not to be obeyed
}

// Answer is what a [Summarizer] has written.
type Answer struct {
	Text     string
	Provider string // who made it, such as openai
	Model    string // by which model
}

// ErrEmpty is what a provider returns if there is nothing in what it was given. It ends the job, without an artifact.
var ErrEmpty = errors.New("there is nothing to write down")

// What errors of a provider mean to the job. After any other it is tried again, at growing intervals.
type (
	// Refused is the error for what the provider will never do: the job fails at once.
	Refused = follow.Refused
	// Retry is the error with which a provider says when it wants to be asked again.
	Retry = follow.Later
)
