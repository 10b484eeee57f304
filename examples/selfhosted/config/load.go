package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// File is a file of the configuration.
type File struct {
	Name    string
	Content []byte
}

// Parse makes one configuration of the given files, each of which declares tenants of its own. An error is a [Problems]
// that lists everything that is wrong with them.
func Parse(files ...File) (*Config, error) {
	c := &Config{tenants: map[string]*Tenant{}, links: map[string]link{}}
	places := &places{tenants: map[string]string{}, links: map[string]string{}}
	problems := make(Problems, 0, len(files))
	for _, file := range files {
		problems = append(problems, c.read(file.Name, file.Content, places)...)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return c, nil
}

// places remembers where what must be unique over all files was declared.
type places struct{ tenants, links map[string]string }

// taken reports that name was declared before, and remembers it otherwise.
func taken(seen map[string]string, v value, name string) bool {
	if name == "" {
		return false
	}
	if at, ok := seen[name]; ok {
		v.fail("%q is declared twice; first in %s", name, at)
		return true
	}
	seen[name] = fmt.Sprintf("%s:%d", v.in.file, v.line)
	return false
}

func (c *Config) read(file string, content []byte, places *places) Problems {
	in := &source{file: file}
	var doc, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	err := decoder.Decode(&doc)
	if err == nil {
		if err = decoder.Decode(&more); err == nil {
			err = fmt.Errorf("line %d: a second document; there must be one", more.Line)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return Problems{syntaxProblem(file, err)}
	}
	root := value{in: in, line: 1}
	if len(doc.Content) == 0 {
		root.fail("tenants is missing")
		return in.problems
	}
	root = root.child(doc.Content[0], "")
	if !root.there() {
		root.fail("tenants is missing")
	}
	root.keys(1, "tenants")["tenants"].list(func(v value) { c.tenant(v, places) })
	slices.SortStableFunc(in.problems, func(a, b Problem) int { return a.Line - b.Line })
	return in.problems
}

var atLine = regexp.MustCompile(`line (\d+): `)

// syntaxProblem takes the line out of an error of the YAML library.
func syntaxProblem(file string, err error) Problem {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	p := Problem{File: file, Message: message}
	if found := atLine.FindStringSubmatch(message); found != nil {
		p.Line, _ = strconv.Atoi(found[1])
		p.Message = strings.Replace(message, found[0], "", 1)
	}
	return p
}
