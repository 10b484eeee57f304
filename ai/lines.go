package ai

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/avanter/voki/call"
)

// spoken is the speech of one track.
type spoken struct {
	Speech
	side  call.Side     // whose track it is; empty: both are heard on it
	start time.Duration // of the track, on the clock that all tracks of the call share
}

// line is what one speaker said before another took over.
type line struct {
	at      time.Duration
	speaker string
	text    string
}

// lines puts what was said on all tracks into one text: by time, a line a speaker, each with his name in front. Where
// speakers cannot be told apart it is the provider's text as it is.
func lines(tracks []spoken) string {
	var all []line
	named := false
	for _, t := range tracks {
		segments := t.Segments
		if len(segments) == 0 {
			segments = []Segment{{Text: t.Text}}
		}
		for _, s := range segments {
			l := line{at: t.start + s.Start, speaker: speaker(t.side, s.Speaker), text: oneLine(s.Text)}
			if l.text != "" {
				all = append(all, l)
				named = named || l.speaker != ""
			}
		}
	}
	if !named {
		return plain(tracks)
	}
	slices.SortStableFunc(all, func(a, b line) int { return cmp.Compare(a.at, b.at) })
	var b strings.Builder
	for i, l := range all {
		switch {
		case i > 0 && l.speaker == all[i-1].speaker:
			b.WriteString(" ")
		case i > 0:
			b.WriteString("\n")
			fallthrough
		default:
			if l.speaker != "" {
				b.WriteString(l.speaker + ": ")
			}
		}
		b.WriteString(l.text)
	}
	return b.String()
}

func plain(tracks []spoken) string {
	texts := make([]string, 0, len(tracks))
	for _, t := range tracks {
		if text := strings.TrimSpace(clean(t.Text)); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n")
}

// speaker is the name in front of a line. The track decides; what the provider calls a speaker is looked at only where
// both are heard.
func speaker(side call.Side, label string) string {
	label = strings.TrimSpace(label)
	switch {
	case side == call.SideAgent, side == "" && strings.EqualFold(label, string(call.SideAgent)):
		return "Agent"
	case side == call.SideCustomer, side == "" && strings.EqualFold(label, string(call.SideCustomer)):
		return "Customer"
	}
	label = strings.ReplaceAll(oneLine(label), ":", "")
	if label == "" {
		return ""
	}
	if r := []rune(label); len(r) > maxLabel {
		label = string(r[:maxLabel])
	}
	return "Speaker " + label
}

// maxLabel is how many characters of a provider's label are used.
const maxLabel = 40

// oneLine joins the words of a text by single spaces: what is said must not look like the line of somebody else.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// clean drops what no text that is kept may hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
