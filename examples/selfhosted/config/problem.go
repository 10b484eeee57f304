package config

import (
	"fmt"
	"strings"
)

// Problem is one mistake in a file.
type Problem struct {
	File    string
	Line    int    // from 1; 0 when it concerns the file as a whole
	Path    string // of the key, such as tenants[0].users[2].role; may be empty
	Message string
}

func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Problems is all that is wrong with the files, in their order.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	if len(lines) == 1 {
		return lines[0]
	}
	return fmt.Sprintf("%d mistakes in the configuration:\n%s", len(lines), strings.Join(lines, "\n"))
}
