// Package phx serves the Phoenix Channels protocol over WebSocket, such that the stock clients connect, join, push, get
// replies, send heartbeats and come back unmodified: npm phoenix 1.5 to 1.8 (serializer 2.0.0) and phoenix-channels
// (serializer 1.0.0).
//
// It knows frames, topics, joins and queues, and must never know what they are about: no word of any application is in
// it, it imports the standard library alone, and who may do what is a [Handler]'s to decide.
//
// # Parts
//
// A [Hub] owns everything. [Hub.Accept] is given a [Transport], which a *websocket.Conn of gorilla/websocket is as it
// stands, and makes it a [Socket]. A client joins topics on it; every join is a [Channel], and the [Router] names the
// [Handler] that decides about it. [Hub.Broadcast] reaches all channels of a topic, [Channel.Push] one.
//
// # What runs where
//
// Each socket has one goroutine, which reads, decodes and applies the rules of the protocol. It never waits for a
// handler nor for a write: heartbeats are answered while a handler sits on a disk, and a join that hangs holds up no
// other topic. A message that a [Relayer] takes is handled there and then; everything else is done by two kinds of
// workers, which exist while there is work, but for a few that stay for the next:
//
//   - the writer of a socket works when something is queued for it, until the queue is empty. What waits together goes
//     out in one piece if the transport is a [Holder]; a reply that is [Delayed] waits for company;
//   - the lane of a topic on a socket works when a message has come for it. It calls the handler: join, then pushes,
//     then the end, one at a time and in the order in which the client sent them. A second join of the same topic on
//     the same socket comes behind all that was sent with the first, and the end of the first behind that Join, let in
//     or not: who counts connections sees the client take over from himself, and not go away and come back. Lanes of
//     different topics and sockets run beside each other.
//
// So a handler may block. What the client sends meanwhile waits in the lane, up to [Options.InboxMessages] and
// InboxBytes for the whole socket; beyond, the socket is closed with [TooManyMessages].
//
// # What is promised
//
//   - Every Join that returned without an error is followed by exactly one Left, whatever happens, and what was
//     received of the client before the end is handed to Push before it.
//   - The reply to a join comes before anything that is pushed or broadcast to the channel from the moment Join was
//     called, and nothing of that is missing: a Join that reads a snapshot and returns it leaves no gap to the
//     broadcasts that follow, though these may repeat what the snapshot holds.
//   - Broadcasts on a topic reach every subscriber in one order, which is that of the calls of Broadcast. Pushes and
//     broadcasts by one goroutine reach a channel in the order of the calls.
//   - phx_close comes behind the replies to the pushes that came before the channel was closed, unless the socket ends
//     first. After it nothing of the handler's is sent with that join_ref, late replies included; the protocol itself
//     goes on answering what comes in with it.
//   - No call waits for a client. What a socket has not taken is queued, up to [Options.QueueMessages] and QueueBytes;
//     beyond, it is closed with [SlowReader], and nobody else notices.
//   - [Hub.Drain] returns when no goroutine of the hub is left.
//
// # Close codes
//
// The stock clients come back after every code but 1000, which versions 1.6 and 1.7 take for good; the server never
// begins a close with it. Codes 4400 to 4599 are this package's, a host that closes sockets itself has 4000 to 4399.
//
//	1000  normal             echoed when the client closes so; never begun by the server; clients come back: not 1.6, 1.7
//	1001  going_away         the host ended this socket; clients come back: all
//	1002  protocol_error     the framing of WebSocket itself is broken; sent by the transport; clients come back: all
//	1006  lost               never sent: the connection broke, or the client left; clients come back: all
//	1007  not_utf8           a text frame is not UTF-8; clients come back: all
//	1009  too_big            a message is longer than Options.MaxMessage, or is announced to be; clients come back: all
//	1012  restart            the server is going down, and is expected back; clients come back: all
//	4400  bad_frame          a frame is not a message of the serializer that was agreed on; clients come back: all
//	4408  silent             nothing was heard for Options.Silence; a message that does not end is heard for a minute; clients come back: all
//	4429  too_many_messages  over Options.Rate or ByteRate, or more unanswered than the inbox holds; clients come back: all
//	4507  slow_reader        the client takes less than it is sent, and its queue is full; clients come back: all
package phx
