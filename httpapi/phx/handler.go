package phx

import (
	"context"
	"encoding/json"
	"errors"
)

// Handler decides about the channels of some topics. One value may serve any number of them at once. The calls for one
// channel come one at a time: Join, then Push for each message, then Left. They may block; the package's comment says
// what waits meanwhile.
//
// ctx is the hub's: it ends when the patience of [Hub.Drain] does, not when the client goes away, so that what a client
// sent last is carried out.
//
// A reply is marshalled as the "response" of an ok reply; nil is {}. An error that is a [Refusal] is what the client
// reads; of any other the client is told nothing but `internal error`, and it is logged. A handler that panics is
// logged with its stack: in Join, the join is refused; in Push, the channel ends with phx_error, after which stock
// clients join again.
type Handler interface {
	// Join lets the client in, or refuses by an error. What is pushed and broadcast to the channel from now on is
	// held back until the reply is out.
	Join(ctx context.Context, c *Channel, payload json.RawMessage) (reply any, err error)

	// Push handles a message. [NoReply] as reply sends none, which also happens if the client gave no ref to reply
	// to and there is no error. The payload is a JSON object.
	Push(ctx context.Context, c *Channel, event string, payload json.RawMessage) (reply any, err error)

	// Left is the last call for a channel that was let in.
	Left(ctx context.Context, c *Channel, reason Reason)
}

// Relayer is what a [Handler] implements if it passes some messages on without waiting for anything. Relay is tried
// before Push, in the socket's reading goroutine, when nothing else of the topic is going on: a message that it takes
// costs no goroutine and no copy. It must not block, and the payload is only good until it returns. What it does not
// take is given to Push.
type Relayer interface {
	Relay(c *Channel, event string, payload json.RawMessage) (reply any, taken bool, err error)
}

// BinaryHandler is what a [Handler] implements if it takes messages with binary payloads, which are refused otherwise.
type BinaryHandler interface {
	PushBinary(ctx context.Context, c *Channel, event string, data []byte) (reply any, err error)
}

// Delayed is returned by [Handler.Push] and [Relayer] for an empty ok reply that nobody waits for: it travels with the
// next frame to the client, or by itself after [Options.ReplyDelay], as TCP acknowledges what it has received.
var Delayed any = delayed{}

type delayed struct{}

// Router names the handler of a topic, or nil if the topic does not exist for this socket. It is called for every join,
// beside others.
type Router func(s *Socket, topic string) Handler

// NoReply is returned by [Handler.Push] for a message that succeeded and gets no reply.
var NoReply any = noReply{}

type noReply struct{}

// Reason says why a channel ended.
type Reason int

// Reasons.
const (
	Left         Reason = iota // the client sent phx_leave; stock clients do that by themselves when a join times out
	Replaced                   // the same socket joined the topic again; that Join came before
	Closed                     // Channel.Close, Hub.CloseTopic or a final refusal
	Crashed                    // the handler panicked
	Disconnected               // the socket ended
	Drained                    // the hub drains
)

var reasonNames = [...]string{"left", "replaced", "closed", "crashed", "disconnected", "drained"}

func (r Reason) String() string { return reasonNames[r] }

// Refusal is an error that the client gets to read, as {"status":"error","response":…}.
type Refusal struct {
	Response any  // marshalled; nil is {}
	Final    bool // the channel ends, by phx_close behind the reply: stock clients join again after a mere refusal
}

// Refuse returns a refusal whose response is {"reason":reason}.
func Refuse(reason string) *Refusal {
	return &Refusal{Response: map[string]string{"reason": reason}}
}

func (r *Refusal) Error() string { return "phx: refused" }

// Reasons that the protocol itself gives.
const (
	reasonUnmatched   = "unmatched topic"
	reasonTooMany     = "too many channels joined"
	reasonTooFast     = "too many joins"
	reasonJoinCrashed = "join crashed"
	reasonCrash       = "channel_crash"
	reasonInternal    = "internal error"
	reasonNoObject    = "payload must be an object"
	reasonNoBinary    = "binary payload not accepted"
	reasonReserved    = "reserved event"
)

func reasonBody(reason string) body {
	return body{data: append(appendString([]byte(`{"reason":`), reason), '}')}
}

// answer is what came of a join or push.
type answer struct {
	ok      bool
	body    body
	silent  bool // no reply
	delayed bool // the reply may wait
	final   bool // the channel is to end
	crashed bool
}

// answerTo makes the answer of what a handler returned; the error is one to log.
func answerTo(reply any, err error) (answer, error) {
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
		b, err := marshal(refusal.Response)
		if err != nil {
			return answer{body: reasonBody(reasonInternal), final: refusal.Final}, err
		}
		return answer{body: b, final: refusal.Final}, nil
	}
	if err != nil {
		return answer{body: reasonBody(reasonInternal)}, err
	}
	switch reply {
	case NoReply:
		return answer{ok: true, body: emptyBody, silent: true}, nil
	case Delayed:
		return answer{ok: true, body: emptyBody, delayed: true}, nil
	}
	b, err := marshal(reply)
	if err != nil {
		return answer{body: reasonBody(reasonInternal)}, err
	}
	return answer{ok: true, body: b}, nil
}
