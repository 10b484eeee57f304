package relay

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// maxMessage is more than the bytes of any message of a client, which is to fit into a packet.
	maxMessage = 1600
	// maxClients is how many connections there may be at a time.
	maxClients = 4096
	// firstTime is how long a client may take for its first message, idleTime for each of the others: with less than
	// one in five minutes the permissions of its relays have run out.
	firstTime = 10 * time.Second
	idleTime  = 10 * time.Minute
)

// listener accepts clients, and ends with them all.
type listener struct {
	net.Listener

	mu      sync.Mutex
	clients map[*client]struct{}
	closed  bool
}

func newListener(l net.Listener) *listener {
	return &listener{Listener: l, clients: map[*client]struct{}{}}
}

// Accept returns the next client for whom there is room; the others are turned away.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &client{Conn: conn, from: l, in: bufio.NewReaderSize(conn, maxMessage), patience: firstTime}
		if l.add(c) {
			return c, nil
		}
		_ = conn.Close() // nothing was said on it
	}
}

func (l *listener) add(c *client) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.clients) >= maxClients {
		return false
	}
	l.clients[c] = struct{}{}
	return true
}

func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for c := range l.clients {
		_ = c.Conn.Close() // whoever reads from it notices
	}
	return l.Listener.Close()
}

// client is a connection out of which whole messages come. pion takes a stream apart itself, but is sent round in
// circles for ever by lengths that overflow, of which 20 bytes from anybody are enough; it gets none of them to see.
type client struct {
	net.Conn
	from     *listener
	in       *bufio.Reader
	patience time.Duration
}

var errMessage = errors.New("not a message of STUN or TURN")

// Read reads one message into p. Whatever else comes ends the connection.
func (c *client) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	c.patience = idleTime
	size, err := c.messageSize()
	if err != nil {
		return 0, err
	}
	if size > len(p) {
		return 0, errMessage
	}
	return io.ReadFull(c.in, p[:size])
}

// cookie is in every message of STUN, behind type and length.
var cookie = []byte{0x21, 0x12, 0xa4, 0x42}

// messageSize returns how long the next message is, as RFC 8489 and RFC 8656 frame them in a stream. It fails if what
// comes is none.
func (c *client) messageSize() (int, error) {
	head, err := c.in.Peek(4)
	if err != nil {
		return 0, err
	}
	length := int(binary.BigEndian.Uint16(head[2:]))
	switch head[0] >> 6 {
	case 0: // STUN: a header of 20 bytes, and attributes that are padded each
		head, err = c.in.Peek(8)
		if err == nil && (length%4 != 0 || !bytes.Equal(head[4:], cookie)) {
			err = errMessage
		}
		return 20 + length, err
	case 1: // data of a channel: a header of 4 bytes, and padding that the length leaves out
		return (4 + length + 3) / 4 * 4, nil
	}
	return 0, errMessage
}

func (c *client) Close() error {
	c.from.mu.Lock()
	delete(c.from.clients, c)
	c.from.mu.Unlock()
	return c.Conn.Close()
}
