package phx

import (
	"fmt"
	"io"
	"strconv"
)

// Code is the status with which a socket was closed. The package's doc comment holds the table.
type Code int

// The codes that this package sends or reports.
const (
	Normal          Code = 1000
	GoingAway       Code = 1001
	ProtocolError   Code = 1002
	Lost            Code = 1006
	NotUTF8         Code = 1007
	TooBig          Code = 1009
	Restart         Code = 1012
	BadFrame        Code = 4400
	Silent          Code = 4408
	TooManyMessages Code = 4429
	SlowReader      Code = 4507
)

// CodeInfo is a row of the table of close codes.
type CodeInfo struct {
	Code    Code
	Name    string // what the close frame says beside the number
	Meaning string
	Back    string // which stock clients reconnect by themselves
}

const everyClient = "all"

var codes = []CodeInfo{
	{Normal, "normal", "echoed when the client closes so; never begun by the server", "not 1.6, 1.7"},
	{GoingAway, "going_away", "the host ended this socket", everyClient},
	{ProtocolError, "protocol_error", "the framing of WebSocket itself is broken; sent by the transport", everyClient},
	{Lost, "lost", "never sent: the connection broke, or the client left", everyClient},
	{NotUTF8, "not_utf8", "a text frame is not UTF-8", everyClient},
	{TooBig, "too_big", "a message is longer than Options.MaxMessage, or is announced to be", everyClient},
	{Restart, "restart", "the server is going down, and is expected back", everyClient},
	{BadFrame, "bad_frame", "a frame is not a message of the serializer that was agreed on", everyClient},
	{Silent, "silent", "nothing was heard for Options.Silence; a message that does not end is heard for a minute", everyClient},
	{TooManyMessages, "too_many_messages", "over Options.Rate or ByteRate, or more unanswered than the inbox holds", everyClient},
	{SlowReader, "slow_reader", "the client takes less than it is sent, and its queue is full", everyClient},
}

// Codes returns the table of close codes, in rising order.
func Codes() []CodeInfo { return append([]CodeInfo(nil), codes...) }

// WriteCodes prints the table as the package's doc comment holds it.
func WriteCodes(w io.Writer) error {
	for _, c := range codes {
		if _, err := fmt.Fprintf(w, "%d  %-17s  %s; clients come back: %s\n", c.Code, c.Name, c.Meaning, c.Back); err != nil {
			return err
		}
	}
	return nil
}

// String is the code's name, or its number if it is a host's own.
func (c Code) String() string {
	for _, info := range codes {
		if info.Code == c {
			return info.Name
		}
	}
	return strconv.Itoa(int(c))
}

// frame is the body of a close frame. RFC 6455 has the number, big endian, then text of at most 123 bytes.
func (c Code) frame() []byte {
	return append([]byte{byte(c >> 8), byte(c)}, c.String()...)
}
