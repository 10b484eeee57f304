package ai

import (
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/template"
)

// embedded holds the templates by which summaries are asked for, and a host may have its own: summary.txt for a call that
// is short enough to be given whole, piece.txt for one piece of a longer one, join.txt for what was noted on all its
// pieces. They are [text/template] templates of a [PromptData].
//
//go:embed prompts/*.txt
var embedded embed.FS

// PromptData is what a template is given.
type PromptData struct {
	Language   string // BCP 47, to be written in; empty: that of the transcript
	Begin, End string // the lines between which the data stands; different each time, so that no call can know them
	Piece      int    // number of the piece, from 1
	Pieces     int    // how many there are
}

// prompts are the templates, ready for use.
type prompts struct{ summary, piece, join *template.Template }

// readPrompts reads the host's templates, and takes those that it lacks from this package.
func readPrompts(own fs.FS) (p prompts, err error) {
	for name, t := range map[string]**template.Template{"summary.txt": &p.summary, "piece.txt": &p.piece, "join.txt": &p.join} {
		text, err := readPrompt(own, name)
		if err != nil {
			return prompts{}, fmt.Errorf("prompt %s: %w", name, err)
		}
		if *t, err = template.New(name).Parse(text); err != nil {
			return prompts{}, fmt.Errorf("prompt %w", err) // which names it
		}
		for _, language := range []string{"", "en"} { // templates word it differently when it is not known
			if err := (*t).Execute(io.Discard, PromptData{Language: language, Begin: "[", End: "]", Piece: 1, Pieces: 1}); err != nil {
				return prompts{}, fmt.Errorf("prompt %w", err)
			}
		}
	}
	return p, nil
}

func readPrompt(own fs.FS, name string) (string, error) {
	if own != nil {
		text, err := fs.ReadFile(own, name)
		if !errors.Is(err, fs.ErrNotExist) {
			return string(text), err
		}
	}
	text, err := embedded.ReadFile("prompts/" + name)
	return string(text), err
}

// prompt asks about data in the words of a template.
func prompt(t *template.Template, data string, d PromptData) (Prompt, error) {
	mark := rand.Text()
	d.Begin, d.End = "[begin "+mark+"]", "[end "+mark+"]"
	var b strings.Builder
	if err := t.Execute(&b, d); err != nil {
		return Prompt{}, fmt.Errorf("prompt %w", err)
	}
	return Prompt{Instructions: strings.TrimSpace(b.String()), Data: d.Begin + "\n" + data + "\n" + d.End}, nil
}
