package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/avanter/voki"
	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/ai/command"
	"github.com/avanter/voki/ai/openai"
)

// The environment variables that name a server which speaks the OpenAI API.
const (
	openaiKeyVariable = "OPENAI_API_KEY"
	openaiURLVariable = "OPENAI_BASE_URL"
)

// aiFlags are the flags of serve for who writes transcripts and summaries.
type aiFlags struct {
	command            string
	convert            string
	language           string
	transcriptionModel string
	summaryModel       string
	prompts            string
	piece              int
	workers            int
	limit              time.Duration
}

func (f *aiFlags) define(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.command, "transcriber-cmd", "", "`command` that writes transcripts, in place of a server: audio comes in as the file {input}, or else as standard input, text goes out")
	flags.StringVar(&f.convert, "audio-cmd", "", "`command` that makes of each recording ({input}, or standard input) what is sent on for transcription: smaller WebM, to standard output")
	flags.StringVar(&f.language, "transcriber-lang", command.DefaultLanguage, "what {lang} stands for in --transcriber-cmd where voki.yaml says no `language`")
	flags.StringVar(&f.transcriptionModel, "transcription-model", openai.DefaultTranscriptionModel, "`model` of the server for transcripts")
	flags.StringVar(&f.summaryModel, "summary-model", openai.DefaultSummaryModel, "`model` of the server for summaries")
	flags.StringVar(&f.prompts, "prompts", "", "`directory` with summary.txt, piece.txt or join.txt, to be used in place of the built-in prompts")
	flags.IntVar(&f.piece, "ai-piece", ai.DefaultPieceSize, "`number` of characters of a transcript that the model for summaries is given at once, at least 1000")
	flags.IntVar(&f.workers, "ai-workers", ai.DefaultWorkers, "`number` of transcripts and summaries that are made at once")
	flags.DurationVar(&f.limit, "ai-limit", ai.DefaultLimit, "how long one try at a transcript or summary may take")
}

// scribes are who writes transcripts and summaries.
type scribes struct {
	transcriber ai.Transcriber // nil: nobody
	summarizer  ai.Summarizer  // nil: nobody
	words       []string       // of the command that transcribes; empty: none
	convert     []string       // of the command that converts; empty: none
}

// check says what is wrong with the flags and the environment. The command is looked for later, in its directory.
func (f *aiFlags) check(note func(flag string, err error)) (s scribes, wrongServer error) {
	key, base := os.Getenv(openaiKeyVariable), os.Getenv(openaiURLVariable)
	if key != "" || base != "" {
		client, err := openai.New(openai.Options{
			Key: key, BaseURL: base, TranscriptionModel: f.transcriptionModel, SummaryModel: f.summaryModel,
		})
		if err != nil {
			wrongServer = fmt.Errorf("%s: %w", openaiURLVariable, err)
		}
		s.transcriber, s.summarizer = client, client
	}
	var err error
	s.words, err = command.Split(f.command)
	note("transcriber-cmd", err)
	s.convert, err = command.Split(f.convert)
	note("audio-cmd", err)
	if f.piece < ai.MinPieceSize {
		note("ai-piece", fmt.Errorf("%d is below %d", f.piece, ai.MinPieceSize))
	}
	if f.workers < 1 {
		note("ai-workers", fmt.Errorf("%d is below 1", f.workers))
	}
	if f.limit <= 0 {
		note("ai-limit", fmt.Errorf("%s is no time to do anything in", f.limit))
	}
	if f.prompts != "" {
		_, err := os.Stat(f.prompts)
		note("prompts", err)
	}
	return s, wrongServer
}

// scribe adds who writes transcripts and summaries to the options of the library.
func (s *serving) scribe(o *voki.Options) error {
	f, who := s.flags.ai, s.options.scribes
	o.Transcriber, o.Summarizer, o.Languages, o.AIWorkers, o.AILimit = who.transcriber, who.summarizer, s.who, f.workers, f.limit
	o.AIPieceSize = f.piece
	if f.prompts != "" {
		if o.Summarizer == nil {
			return errors.New("--prompts: there is nobody who writes summaries by them")
		}
		o.Prompts = os.DirFS(f.prompts)
	}
	program := func(words []string) command.Options {
		return command.Options{Words: words, Language: f.language, Limit: f.limit, Dir: s.data.Dir.Path("transcribing")}
	}
	if len(who.words) > 0 {
		t, err := command.New(program(who.words))
		if err != nil {
			return fmt.Errorf("--transcriber-cmd: %w", err)
		}
		o.Transcriber = t
	}
	if len(who.convert) > 0 {
		if o.Transcriber == nil {
			return errors.New("--audio-cmd: there is nobody who transcribes what it makes")
		}
		c, err := command.NewConverter(program(who.convert), o.Transcriber)
		if err != nil {
			return fmt.Errorf("--audio-cmd: %w", err)
		}
		o.Transcriber = c
	}
	return nil
}
