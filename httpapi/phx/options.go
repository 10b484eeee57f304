package phx

import (
	"log/slog"
	"time"
)

// Options configure a [Hub]. All but Router have defaults.
type Options struct {
	Router Router       // required
	Logger *slog.Logger // Defaults to one that discards. No payload, topic or user is logged

	// OnClose is told that the connection of a socket is gone. Its channels may still be ending. Defaults to nothing.
	OnClose func(s *Socket, code Code)

	PingEvery    time.Duration // how often a ping is sent. Defaults to 10 s; negative: never
	Silence      time.Duration // how long nothing is heard until a socket is given up. Defaults to 15 s; negative: for ever
	WriteTimeout time.Duration // for one frame. Defaults to 10 s
	ReplyDelay   time.Duration // how long a [Delayed] reply may wait. Defaults to 200 ms; negative: not at all
	CloseTimeout time.Duration // for what is queued, the close frame, and the client's answer to it. Defaults to 2 s

	MaxMessage  int // bytes of one message. Defaults to 256 KiB
	MaxChannels int // per socket. Defaults to 100

	// ReadLimitError is what reading of the transport fails with at a message over MaxMessage, when it has sent 1009;
	// websocket.ErrReadLimit of gorilla/websocket. Defaults to none: such a socket ends as Lost.
	ReadLimitError error

	// Rate and Burst bound what a socket may send: messages and control frames a second in the long run, and how many
	// at once. Default to 100 and 200; a negative Rate is unbounded.
	Rate  float64
	Burst int

	// ByteRate and ByteBurst bound the bytes of messages in the same way. Default to 1 MiB and 2 MiB, and ByteBurst to
	// MaxMessage at least; a negative ByteRate is unbounded.
	ByteRate  float64
	ByteBurst int

	// JoinRate and JoinBurst bound the joins of a socket in the same way, which cost most; but one too many is only
	// refused, with `too many joins`: a stock client joins again later, and if it were closed it would come back with
	// all its topics. Default to 2, and to MaxChannels, for one that comes back; a negative JoinRate is unbounded.
	JoinRate  float64
	JoinBurst int

	// What may wait for the handlers of a socket, and what may wait to be sent to it. A message larger than that still
	// passes through an empty queue. Default to 256 messages and 1 MiB, and to 4096 messages and 1 MiB.
	InboxMessages, InboxBytes int
	QueueMessages, QueueBytes int
}

// never is a duration that does not pass, and that can be added to a time without overflow.
const never = time.Duration(1) << 61

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnClose == nil {
		o.OnClose = func(*Socket, Code) {}
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.PingEvery, 10 * time.Second},
		{&o.Silence, 15 * time.Second},
		{&o.WriteTimeout, 10 * time.Second},
		{&o.CloseTimeout, 2 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		} else if *d.field < 0 {
			*d.field = never
		}
	}
	if o.ReplyDelay == 0 {
		o.ReplyDelay = 200 * time.Millisecond
	}
	for _, r := range []struct {
		field *float64
		value float64
	}{
		{&o.Rate, 100},
		{&o.ByteRate, 1 << 20},
		{&o.JoinRate, 2},
	} {
		if *r.field == 0 {
			*r.field = r.value
		}
	}
	for _, n := range []struct {
		field *int
		value int
	}{
		{&o.MaxMessage, 256 << 10},
		{&o.MaxChannels, 100},
		{&o.Burst, 200},
		{&o.ByteBurst, 2 << 20},
		{&o.InboxMessages, 256},
		{&o.InboxBytes, 1 << 20},
		{&o.QueueMessages, 4096},
		{&o.QueueBytes, 1 << 20},
	} {
		if *n.field <= 0 {
			*n.field = n.value
		}
	}
	o.ByteBurst = max(o.ByteBurst, o.MaxMessage)
	if o.JoinBurst <= 0 {
		o.JoinBurst = o.MaxChannels
	}
	return o
}
