package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress tells how far something is, a line at most every second: one that is written over on a terminal, plain ones
// elsewhere.
type progress struct {
	w        io.Writer
	terminal bool
	total    int64 // bytes; 0 when not known
	began    time.Time
	told     time.Time
	width    int // of the line that stands on the terminal
}

func newProgress(w io.Writer, total int64) *progress {
	now := time.Now()
	return &progress{w: w, terminal: isTerminal(w), total: total, began: now, told: now}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// tell says how many rows and bytes are done, if it is time to.
func (p *progress) tell(rows int, bytes int64) {
	now := time.Now()
	if now.Sub(p.told) < time.Second {
		return
	}
	p.told = now
	text := progressText(rows, bytes, p.total, now.Sub(p.began))
	if !p.terminal {
		fmt.Fprintln(p.w, text)
		return
	}
	fmt.Fprintf(p.w, "\r%s%s", text, strings.Repeat(" ", max(0, p.width-len(text))))
	p.width = len(text)
}

// progressText is one line: what is done, how fast, and what is left.
func progressText(rows int, bytes, total int64, took time.Duration) string {
	text := fmt.Sprintf("%d rows, %.0f rows/s", rows, float64(rows)/took.Seconds())
	if total > 0 && bytes > 0 {
		left := time.Duration(float64(took) * float64(total-bytes) / float64(bytes))
		text = fmt.Sprintf("%3d%%, %s, %s left", bytes*100/total, text, left.Round(time.Second))
	}
	return text
}

// say writes a line of its own.
func (p *progress) say(format string, args ...any) {
	p.clear()
	fmt.Fprintf(p.w, format+"\n", args...)
}

// clear removes what stands on the terminal.
func (p *progress) clear() {
	if p.width > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.width))
		p.width = 0
	}
}
