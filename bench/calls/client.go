package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"
)

// client is one connection that stays open. It does as little as it can: it shares the machine with the server.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(address string) (*client, error) {
	var d net.Dialer
	conn, err := d.DialContext(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

func (c *client) close() { _ = c.conn.Close() }

// do sends a request as it stands and copies the reply's body.
func (c *client) do(request []byte, body io.Writer) error {
	if err := c.conn.SetDeadline(time.Now().Add(10 * time.Minute)); err != nil {
		return err
	}
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	reply, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	defer func() { _ = reply.Body.Close() }()
	if reply.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(reply.Body, 500))
		return fmt.Errorf("%s to %.200q: %s", reply.Status, request, text)
	}
	_, err = io.Copy(body, reply.Body)
	return err
}

// fetch is one request on a connection of its own.
func fetch(address string, request []byte) ([]byte, error) {
	c, err := dial(address)
	if err != nil {
		return nil, err
	}
	defer c.close()
	var body bytes.Buffer
	err = c.do(request, &body)
	return body.Bytes(), err
}

// ask lets so many clients send requests for a time; which one says request, by its number.
func ask(address string, clients int, d time.Duration, least int, request func(n int) []byte) (pace, error) {
	all := make([]*client, clients)
	for i := range all {
		c, err := dial(address)
		if err != nil {
			return pace{}, err
		}
		defer c.close()
		all[i] = c
	}
	return hammer(clients, d, least, func(w, n int) error { return all[w].do(request(n), io.Discard) })
}

// answer is what is compared of the peers' replies.
type answer struct {
	IDs   []string
	Total int
}

func (a answer) equal(b answer) bool { return a.Total == b.Total && slices.Equal(a.IDs, b.IDs) }

// read understands the API's replies and PocketBase's.
func read(body []byte) (answer, error) {
	type row struct {
		ID string `json:"id"`
	}
	var reply struct {
		Data []row `json:"data"`
		Meta struct {
			TotalCount int `json:"total_count"`
		} `json:"meta"`
		Items      []row `json:"items"`
		TotalItems int   `json:"totalItems"`
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		return answer{}, fmt.Errorf("%w in %.200q", err, body)
	}
	a := answer{Total: reply.Meta.TotalCount + reply.TotalItems}
	for _, r := range slices.Concat(reply.Data, reply.Items) {
		a.IDs = append(a.IDs, r.ID)
	}
	return a, nil
}
