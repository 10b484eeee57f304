package ai

import (
	"context"
	"errors"
	"strings"
	"text/template"
)

// digest is how a transcript becomes a summary, however long it is: what fits one prompt is summarised at once; what
// does not, piece by piece, and then what was noted on the pieces.
type digest struct {
	Summarizer
	prompts
	most int // characters of data in one prompt
}

// shrink is how many times shorter than its piece a note may be at most: so what is noted on the notes comes to an end.
const shrink = 4

var errBlank = errors.New("the provider's answer is blank")

// summarize returns the summary of a transcript, in a language if one is given. Returns what [Summarizer] does.
func (d digest) summarize(ctx context.Context, text, language string) (Answer, error) {
	last := d.summary
	for {
		all := pieces(text, d.most)
		if len(all) == 0 {
			return Answer{}, ErrEmpty
		}
		if len(all) == 1 {
			return d.ask(ctx, last, all[0], PromptData{Language: language, Piece: 1, Pieces: 1})
		}
		notes := make([]string, 0, len(all))
		for i, piece := range all {
			note, err := d.ask(ctx, d.piece, piece, PromptData{Language: language, Piece: i + 1, Pieces: len(all)})
			if errors.Is(err, ErrEmpty) {
				continue
			}
			if err != nil {
				return Answer{}, err
			}
			short, _ := cutAt(note.Text, max(1, d.most/shrink))
			notes = append(notes, short)
		}
		text, last = strings.Join(notes, "\n\n"), d.join
	}
}

func (d digest) ask(ctx context.Context, t *template.Template, data string, about PromptData) (Answer, error) {
	p, err := prompt(t, data, about)
	if err != nil {
		return Answer{}, err
	}
	a, err := d.Summarize(ctx, p)
	if err != nil {
		return Answer{}, err
	}
	if a.Text = strings.TrimSpace(clean(a.Text)); a.Text == "" {
		return Answer{}, errBlank
	}
	return a, nil
}
