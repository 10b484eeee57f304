package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// child is a peer's process, as the one that measures sees it.
type child struct {
	role    role
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	address string
	headers []byte
	began   time.Time
}

// spawn starts this program again, as a peer.
func spawn(r role) (*child, error) {
	if err := os.MkdirAll(r.Dir, 0o755); err != nil { //nolint:gosec // PostgreSQL runs as another user
		return nil, err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self) //nolint:gosec,noctx // it is this program, and ends with its standard input
	cmd.Env = append(os.Environ(), serveAs+"="+string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &child{role: r, cmd: cmd, in: in, out: bufio.NewReader(out), began: began}, nil
}

// tell gives a command and waits until it is done.
func (c *child) tell(command string) (said, error) {
	var s said
	if _, err := io.WriteString(c.in, command+"\n"); err != nil {
		return s, fmt.Errorf("%s: %w", c.role.Peer, err)
	}
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return s, fmt.Errorf("%s ended while it was told to %s: %w", c.role.Peer, command, err)
	}
	if err := json.Unmarshal(line, &s); err != nil {
		return s, fmt.Errorf("%s: %w in %.200q", c.role.Peer, err, line)
	}
	if s.Err != "" {
		return s, fmt.Errorf("%s, told to %s: %s", c.role.Peer, command, s.Err)
	}
	return s, nil
}

// serve has the questions answered from now on.
func (c *child) serve() error {
	s, err := c.tell("serve")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	err = s.Headers.Write(&b)
	c.address, c.headers = s.Address, b.Bytes()
	return err
}

// request is an HTTP request as it is sent.
func (c *child) request(method, path, body string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: bench\r\n%s", method, path, c.headers)
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

// question is one of the eight, as this peer is asked.
func (c *child) question(all []question, n int) []byte {
	path := fmt.Sprintf("/%d", n) // the SQL peers know them by number, and have prepared them
	switch c.role.Peer {
	case "voki", "memory":
		path = all[n].vokiPath()
	case "pocketbase":
		path = all[n].pocketPath()
	}
	return c.request("GET", path, "")
}

func (c *child) end() error {
	return errors.Join(c.in.Close(), c.cmd.Wait())
}

// with runs fn beside a peer's process, which has ended when it returns.
func with(r role, fn func(*child) error) (err error) {
	c, err := spawn(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.end()) }()
	return fn(c)
}

// known are the peers, in the order of the table. Those in memory alone are not asked unless they are named.
var known = []string{"voki", "memory", "sqlite", "sqlite+cache", "modernc", "postgres", "pocketbase"}

func choose(names string) ([]string, error) {
	var chosen []string
	for name := range strings.SplitSeq(names, ",") {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("there is no peer %q; there are %s", name, strings.Join(known, ", "))
		}
		if !slices.Contains(chosen, name) {
			chosen = append(chosen, name)
		}
	}
	return chosen, nil
}
