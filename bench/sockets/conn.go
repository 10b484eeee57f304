package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// conn is a client that costs as little as it can, since it shares the machine with the server: it knows text frames,
// pings and closes, masks with zeros, and calls hear for every text frame in the goroutine that reads.
type conn struct {
	net  net.Conn
	r    *bufio.Reader
	mu   sync.Mutex // of writes
	buf  []byte
	hear func(frame []byte)
}

const handshake = "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// dial connects the nth client to a server, and shakes hands.
func dial(n, port int, path string) (*conn, error) {
	address := net.JoinHostPort(addresses[n%len(addresses)], strconv.Itoa(port))
	dialer := net.Dialer{Timeout: 30 * time.Second}
	c, err := dialer.DialContext(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := fmt.Fprintf(c, handshake, path, address); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	r := bufio.NewReaderSize(c, 2048)
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err == nil && first && !bytes.HasPrefix(line, []byte("HTTP/1.1 101")) {
			err = fmt.Errorf("refused: %s", bytes.TrimSpace(line))
		}
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		if len(line) == 2 {
			break
		}
	}
	_ = c.SetDeadline(time.Time{})
	return &conn{net: c, r: r}, nil
}

// drop breaks the connection, without a word and without leaving its port behind.
func (c *conn) drop() {
	_ = c.net.(*net.TCPConn).SetLinger(0)
	_ = c.net.Close()
}

const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

// send writes a frame whose mask is zero: it is what it is.
func (c *conn) send(op byte, data []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.buf = append(c.buf[:0], 0x80|op)
	if len(data) < 126 {
		c.buf = append(c.buf, 0x80|byte(len(data)))
	} else {
		c.buf = binary.BigEndian.AppendUint16(append(c.buf, 0x80|126), uint16(len(data)))
	}
	c.buf = append(append(c.buf, 0, 0, 0, 0), data...)
	_, err := c.net.Write(c.buf)
	return err
}

// read hands on what comes until the connection ends. It always returns an error.
func (c *conn) read() error {
	var buf []byte
	for {
		var head [8]byte
		if _, err := io.ReadFull(c.r, head[:2]); err != nil {
			return err
		}
		op, size := head[0]&15, int(head[1]&127)
		switch size {
		case 126:
			if _, err := io.ReadFull(c.r, head[:2]); err != nil {
				return err
			}
			size = int(binary.BigEndian.Uint16(head[:]))
		case 127:
			if _, err := io.ReadFull(c.r, head[:8]); err != nil {
				return err
			}
			size = int(binary.BigEndian.Uint64(head[:]))
		}
		if size > cap(buf) {
			buf = make([]byte, size)
		}
		buf = buf[:size]
		if _, err := io.ReadFull(c.r, buf); err != nil {
			return err
		}
		switch op {
		case opText:
			c.hear(buf)
		case opPing:
			if err := c.send(opPong, buf); err != nil {
				return err
			}
		case opClose:
			return fmt.Errorf("closed by the server: %q", buf)
		}
	}
}
