// Package openai lets any server that speaks the OpenAI API write transcripts and summaries, by the official Go SDK:
// OpenAI's own, or one in the house (the base URL says which).
//
// It asks once and says how it went; when to ask again is for who called it to decide. It must never know of calls, jobs
// or companies, and reads nothing from the environment.
package openai

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/avanter/voki/ai"
)

// The defaults of [Options].
const (
	DefaultBaseURL            = "https://api.openai.com/v1/"
	DefaultTranscriptionModel = "whisper-1" // OpenAI's own ends on 2027-02-26; what it offers instead knows no times
	DefaultSummaryModel       = sdk.ChatModelGPT5_4Mini
	DefaultProvider           = "openai"
)

// Options configure a [Client]; the zero value works with a server that asks for no key.
type Options struct {
	Key                string       // of the API. Defaults to none
	BaseURL            string       // where the API is, such as http://localhost:8000/v1. Defaults to OpenAI's own
	TranscriptionModel string       // Defaults to whisper-1, which servers in the house know too, and which tells when something was said
	SummaryModel       string       // Defaults to gpt-5.4-mini
	Provider           string       // what summaries say who made them. Defaults to openai
	HTTPClient         *http.Client // Defaults to [http.DefaultClient]
}

// Client is an [ai.Transcriber] and an [ai.Summarizer]. It is safe for concurrent use.
type Client struct {
	api                sdk.Client
	chat               sdk.ChatService
	transcriptionModel string
	summaryModel       string
	provider           string
}

var (
	_ ai.Transcriber = (*Client)(nil)
	_ ai.Summarizer  = (*Client)(nil)
)

// New returns a client. It fails for a base URL that is none, and asks nobody anything.
func New(o Options) (*Client, error) {
	base := or(o.BaseURL, DefaultBaseURL)
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address that begins with http:// or https://", base)
	}
	options := []option.RequestOption{
		option.WithBaseURL(strings.TrimRight(base, "/") + "/"),
		option.WithMaxRetries(0), // the jobs try again, and know how often they did
		option.WithMiddleware(boundedReply),
	}
	if o.Key != "" {
		options = append(options, option.WithAPIKey(o.Key))
	}
	if o.HTTPClient != nil {
		options = append(options, option.WithHTTPClient(o.HTTPClient))
	}
	return &Client{
		api:                sdk.Client{Options: options}, // made by hand, it does not look at the environment
		chat:               sdk.NewChatService(options...),
		transcriptionModel: or(o.TranscriptionModel, DefaultTranscriptionModel),
		summaryModel:       or(o.SummaryModel, DefaultSummaryModel),
		provider:           or(o.Provider, DefaultProvider),
	}, nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// maxReply is how many bytes a server may answer: a day of speech with its times is less.
const maxReply = 64 << 20

var errReplyTooLarge = errors.New("the server's reply is too large")

// boundedReply stands between the SDK, which reads replies whole, and a server that never ends one.
func boundedReply(r *http.Request, next option.MiddlewareNext) (*http.Response, error) {
	reply, err := next(r)
	if reply != nil && reply.Body != nil {
		reply.Body = &bounded{ReadCloser: reply.Body, left: maxReply}
	}
	return reply, err
}
