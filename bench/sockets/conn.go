package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// conn is a client: gorilla's. Where it has a choice it takes what costs less, since it shares the machine with the server.
type conn struct {
	ws   *websocket.Conn
	mu   sync.Mutex // of writes
	hear func(frame []byte)
}

var dialer = websocket.Dialer{
	HandshakeTimeout: time.Minute, ReadBufferSize: 2048, WriteBufferSize: 1024, WriteBufferPool: new(sync.Pool),
}

// dial connects the nth client to a server, and shakes hands.
func dial(n, port int, path string) (*conn, error) {
	address := net.JoinHostPort(addresses[n%len(addresses)], strconv.Itoa(port))
	ws, response, err := dialer.DialContext(context.Background(), "ws://"+address+path, nil)
	if response != nil {
		_ = response.Body.Close()
	}
	if errors.Is(err, websocket.ErrBadHandshake) {
		err = fmt.Errorf("refused: %s", response.Status)
	}
	if err != nil {
		return nil, err
	}
	return &conn{ws: ws}, nil
}

// drop breaks the connection, without a word and without leaving its port behind.
func (c *conn) drop() {
	_ = c.ws.NetConn().(*net.TCPConn).SetLinger(0)
	_ = c.ws.Close()
}

// send writes a text frame.
func (c *conn) send(data []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ws.WriteMessage(websocket.TextMessage, data)
}

// read hands on what comes until the connection ends. It always returns an error.
func (c *conn) read() error {
	var buf bytes.Buffer
	for {
		_, frame, err := c.ws.NextReader()
		if err != nil {
			return err
		}
		buf.Reset()
		if _, err := buf.ReadFrom(frame); err != nil {
			return err
		}
		c.hear(buf.Bytes())
	}
}
