package openai

import (
	"context"
	"strings"
	"time"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/shared/constant"

	"github.com/avanter/voki/ai"
)

// transcription is a reply, in whichever of its JSON forms.
type transcription struct {
	Text     string `json:"text"`
	Language string `json:"language"` // a name or a code
	Codes    []struct {
		Code string `json:"code"`
	} `json:"languages"`
	Segments []struct {
		Start   float64 `json:"start"` // seconds
		Speaker string  `json:"speaker"`
		Text    string  `json:"text"`
	} `json:"segments"`
}

// Transcribe implements [ai.Transcriber]. The audio goes out as it is read, and a little of it at a time is in memory.
func (c *Client) Transcribe(ctx context.Context, a ai.Audio) (ai.Speech, error) {
	f, err := newForm(fields(c.transcriptionModel, a.Language), a)
	if err != nil {
		return ai.Speech{}, err
	}
	var reply transcription
	err = c.api.Post(ctx, "audio/transcriptions", nil, &reply, f.options()...)
	f.content.takeBack()
	if err != nil {
		return ai.Speech{}, explain(ctx, err)
	}
	if len(reply.Codes) == 1 { // of several nobody knows which is the call's
		reply.Language = reply.Codes[0].Code
	}
	speech := ai.Speech{Text: strings.TrimSpace(reply.Text), Language: languageTag(reply.Language, a.Language)}
	for _, s := range reply.Segments {
		if strings.TrimSpace(s.Text) != "" {
			start := time.Duration(max(0, s.Start) * float64(time.Second))
			speech.Segments = append(speech.Segments, ai.Segment{Start: start, Speaker: s.Speaker, Text: s.Text})
		}
	}
	if speech.Text == "" && len(speech.Segments) == 0 {
		return ai.Speech{}, ai.ErrEmpty
	}
	return speech, nil
}

// fields are those of the form beside the audio. What the reply looks like depends on the model: those that tell
// speakers apart, those that know neither speakers nor times, and those that know the times, have a form of their own
// each. The newest take languages where the others take one.
func fields(model, language string) sdk.AudioTranscriptionNewParams {
	p := sdk.AudioTranscriptionNewParams{Model: model}
	switch {
	case strings.Contains(model, "diarize"):
		p.ResponseFormat = sdk.AudioResponseFormatDiarizedJSON
		p.ChunkingStrategy.OfAuto = constant.ValueOf[constant.Auto]()
	case strings.HasPrefix(model, "gpt-"):
		p.ResponseFormat = sdk.AudioResponseFormatJSON
	default:
		p.ResponseFormat = sdk.AudioResponseFormatVerboseJSON
	}
	switch base := baseOf(language); {
	case base == "":
	case strings.HasPrefix(model, sdk.AudioModelGPTTranscribe):
		p.Languages = []string{base}
	default:
		p.Language = param.NewOpt(base)
	}
	return p
}
