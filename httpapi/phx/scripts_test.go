package phx_test

import (
	"strings"
)

// scripts are the rules of the protocol. In a script, > is sent by the client, then < must come, all of it and in this
// order; ! is what the handler was called for; "wait" lets time pass; "code" is the close code that must come.
var scripts = []struct {
	name, vsn, script string
}{
	{"join, push, heartbeat, leave", "2.0.0", `
		> ["6","6","room:1","phx_join",{"a":1}]
		< ["6","6","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["6","7","room:1","echo",{"text":"ção <&>", "n": [1, 2]}]
		< ["6","7","room:1","phx_reply",{"status":"ok","response":{"text":"ção <&>", "n": [1, 2]}}]
		> [null,"10","phoenix","heartbeat",{}]
		< [null,"10","phoenix","phx_reply",{"status":"ok","response":{}}]
		> ["6","47","room:1","phx_leave",{}]
		< ["6","47","room:1","phx_reply",{"status":"ok","response":{}}]
		< ["6","6","room:1","phx_close",{}]
		! join room:1
		! echo room:1
		! left room:1`},
	{"push to one, broadcast", "2.0.0", `
		> ["6","6","room:1","phx_join",{}]
		< ["6","6","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["6","7","room:1","tell",{"a":1}]
		< ["6",null,"room:1","told",{"a":1}]
		< ["6","7","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["6","8","room:1","shout",{"a":1}]
		< [null,null,"room:1","shouted",{"a":1}]
		< ["6","8","room:1","phx_reply",{"status":"ok","response":{}}]`},
	{"refused join", "2.0.0", `
		> ["6","6","room:1","phx_join",{"refuse":"unauthorized"}]
		< ["6","6","room:1","phx_reply",{"status":"error","response":{"reason":"unauthorized"}}]
		> ["6","7","room:1","echo",{}]
		< [null,"7","room:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]
		! join room:1`},
	{"final refusal ends with phx_close", "2.0.0", `
		> ["6","6","room:1","phx_join",{"final":"over"}]
		< ["6","6","room:1","phx_reply",{"status":"error","response":{"n":1,"reason":"over"}}]
		< ["6","6","room:1","phx_close",{}]
		! join room:1`},
	{"what was sent behind a join that is refused for good is answered", "2.0.0", `
		> ["6","6","room:1","phx_join",{"final":"over","block":1}]
		> ["6","7","room:1","echo",{}]
		wait 1s
		< ["6","6","room:1","phx_reply",{"status":"error","response":{"n":1,"reason":"over"}}]
		< ["6","6","room:1","phx_close",{}]
		< [null,"7","room:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]
		! join room:1`},
	{"what was sent behind a push that crashes is answered", "2.0.0", `
		> ["6","6","room:1","phx_join",{}]
		< ["6","6","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["6","7","room:1","block",{}]
		> ["6","8","room:1","panic",{}]
		> ["6","9","room:1","echo",{}]
		wait 5s
		< ["6","7","room:1","phx_reply",{"status":"ok","response":{}}]
		< ["6","6","room:1","phx_error",{"reason":"channel_crash"}]
		< [null,"9","room:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]
		! join room:1
		! block room:1
		! panic room:1
		! crashed room:1`},
	{"join that fails or crashes tells nothing", "2.0.0", `
		> ["1","1","room:1","phx_join",{"do":"fail"}]
		< ["1","1","room:1","phx_reply",{"status":"error","response":{"reason":"internal error"}}]
		> ["2","2","room:1","phx_join",{"do":"panic"}]
		< ["2","2","room:1","phx_reply",{"status":"error","response":{"reason":"join crashed"}}]
		! join room:1
		! join room:1`},
	{"join let in with a reply that cannot be marshalled is told its end", "2.0.0", `
		> ["1","1","room:1","phx_join",{"do":"unmarshallable"}]
		< ["1","1","room:1","phx_reply",{"status":"error","response":{"reason":"internal error"}}]
		! join room:1
		! crashed room:1`},
	{"the reply comes before what the join pushes", "2.0.0", `
		> ["6","6","room:1","phx_join",{"do":"push"}]
		< ["6","6","room:1","phx_reply",{"status":"ok","response":{"n":0}}]
		< ["6",null,"room:1","pushed",{"n":1}]
		< [null,null,"room:1","shouted",{}]`},
	{"closed while joining: reply, then phx_close", "2.0.0", `
		> ["6","6","room:1","phx_join",{"do":"close"}]
		< ["6","6","room:1","phx_reply",{"status":"ok","response":{}}]
		< ["6","6","room:1","phx_close",{"reason":"over"}]
		! join room:1
		! closed room:1`},
	{"a channel that the handler closes", "2.0.0", `
		> ["6","6","room:1","phx_join",{}]
		< ["6","6","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["6","7","room:1","close",{"reason":"taken_over"}]
		< ["6","7","room:1","phx_reply",{"status":"ok","response":{}}]
		< ["6","6","room:1","phx_close",{"reason":"taken_over"}]
		> ["6","8","room:1","echo",{}]
		< [null,"8","room:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]
		> [null,"9","phoenix","heartbeat",{}]
		< [null,"9","phoenix","phx_reply",{"status":"ok","response":{}}]
		! join room:1
		! close room:1
		! closed room:1`},
	{"a final refusal of a push", "2.0.0", `
		> ["6","6","room:1","phx_join",{}]
		< ["6","6","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["6","7","room:1","final",{}]
		< ["6","7","room:1","phx_reply",{"status":"error","response":{}}]
		< ["6","6","room:1","phx_close",{}]
		! join room:1
		! final room:1
		! closed room:1`},
	{"errors of pushes", "2.0.0", `
		> ["6","6","room:1","phx_join",{}]
		< ["6","6","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["6","7","room:1","refuse",{}]
		< ["6","7","room:1","phx_reply",{"status":"error","response":{"reason":"no"}}]
		> ["6","8","room:1","fail",{}]
		< ["6","8","room:1","phx_reply",{"status":"error","response":{"reason":"internal error"}}]
		> ["6","9","room:1","panic",{}]
		< ["6","6","room:1","phx_error",{"reason":"channel_crash"}]
		> ["10","10","room:1","phx_join",{}]
		< ["10","10","room:1","phx_reply",{"status":"ok","response":{}}]
		! join room:1
		! refuse room:1
		! fail room:1
		! panic room:1
		! crashed room:1
		! join room:1`},
	{"unknown topic, not joined, phoenix", "2.0.0", `
		> ["1","1","nowhere:1","phx_join",{}]
		< [null,"1","nowhere:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]
		> ["1","2","room:1","echo",{}]
		< [null,"2","room:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]
		> [null,"3","phoenix","echo",{}]
		< [null,"3","phoenix","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]
		> ["4","4","","phx_join",{}]
		< [null,"4","","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]
		> [null,null,"room:1","echo",{}]
		< [null,null,"room:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]`},
	{"a join without refs", "2.0.0", `
		> [null,null,"room:1","phx_join",{}]
		< [null,null,"room:1","phx_reply",{"status":"ok","response":{}}]
		> [null,"2","room:1","echo",{}]
		< [null,"2","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["3","3","room:1","echo",{}]
		> [null,null,"room:1","phx_join",{}]
		> [null,"4","room:1","phx_leave",{}]
		< [null,"4","room:1","phx_reply",{"status":"ok","response":{}}]
		< [null,null,"room:1","phx_close",{}]
		! join room:1
		! echo room:1
		! left room:1`},
	{"a join repeated without a ref", "1.0.0", `
		> {"topic":"room:1","event":"phx_join","payload":{"block":3},"ref":"1"}
		> {"topic":"room:1","event":"phx_join","payload":{},"ref":null}
		wait 1s
		> {"topic":"room:1","event":"phx_join","payload":{},"ref":null}
		wait 2s
		< {"topic":"room:1","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"1"}
		> {"topic":"room:1","event":"echo","payload":{},"ref":"2"}
		< {"topic":"room:1","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"2"}
		! join room:1
		! echo room:1`},
	{"a message that waited for a join which is refused", "2.0.0", `
		> ["1","1","room:1","phx_join",{"block":1,"refuse":"no"}]
		> ["1","2","room:1","echo",{}]
		wait 1s
		< ["1","1","room:1","phx_reply",{"status":"error","response":{"reason":"no"}}]
		< [null,"2","room:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]`},
	{"leave of a topic not joined", "2.0.0", `
		> ["1","2","room:1","phx_leave",{}]
		< ["1","2","room:1","phx_reply",{"status":"ok","response":{}}]`},
	{"stale and null join_ref", "2.0.0", `
		> ["6","6","room:1","phx_join",{}]
		< ["6","6","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["5","7","room:1","echo",{}]
		> ["5","8","room:1","phx_leave",{}]
		> [null,"9","room:1","echo",{}]
		< ["6","9","room:1","phx_reply",{"status":"ok","response":{}}]
		! join room:1
		! echo room:1`},
	{"second join of a topic", "2.0.0", `
		> ["6","6","room:1","phx_join",{}]
		< ["6","6","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["7","7","room:1","phx_join",{}]
		< ["6","6","room:1","phx_close",{}]
		< ["7","7","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["7","8","room:1","shout",{}]
		< [null,null,"room:1","shouted",{}]
		< ["7","8","room:1","phx_reply",{"status":"ok","response":{}}]
		! join room:1
		! join room:1
		! replaced room:1
		! shout room:1`},
	{"second join that is refused", "2.0.0", `
		> ["6","6","room:1","phx_join",{}]
		< ["6","6","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["7","7","room:1","phx_join",{"refuse":"no"}]
		< ["6","6","room:1","phx_close",{}]
		< ["7","7","room:1","phx_reply",{"status":"error","response":{"reason":"no"}}]
		> ["8","8","room:1","phx_join",{"do":"panic"}]
		< ["8","8","room:1","phx_reply",{"status":"error","response":{"reason":"join crashed"}}]
		! join room:1
		! join room:1
		! replaced room:1
		! join room:1`},
	{"joins that overtake each other's handler", "2.0.0", `
		> ["1","1","room:1","phx_join",{}]
		< ["1","1","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["1","2","room:1","echo",{}]
		> ["3","3","room:1","phx_join",{"block":2}]
		> ["4","4","room:1","phx_join",{}]
		> ["3","5","room:1","echo",{}]
		> ["4","6","room:1","echo",{}]
		< ["1","2","room:1","phx_reply",{"status":"ok","response":{}}]
		< ["1","1","room:1","phx_close",{}]
		wait 2s
		< ["3","3","room:1","phx_reply",{"status":"ok","response":{}}]
		< ["3","3","room:1","phx_close",{}]
		< ["4","4","room:1","phx_reply",{"status":"ok","response":{}}]
		< ["4","6","room:1","phx_reply",{"status":"ok","response":{}}]
		! join room:1
		! echo room:1
		! join room:1
		! replaced room:1
		! join room:1
		! replaced room:1
		! echo room:1`},
	{"a join that timed out, its leave, and the next", "2.0.0", `
		> ["1","1","room:1","phx_join",{"block":12}]
		wait 10s
		> ["1","2","room:1","phx_leave",{}]
		wait 1s
		> ["3","3","room:1","phx_join",{}]
		> ["3","4","room:1","echo",{}]
		wait 1s
		< ["1","1","room:1","phx_reply",{"status":"ok","response":{}}]
		< ["1","2","room:1","phx_reply",{"status":"ok","response":{}}]
		< ["1","1","room:1","phx_close",{}]
		< ["3","3","room:1","phx_reply",{"status":"ok","response":{}}]
		< ["3","4","room:1","phx_reply",{"status":"ok","response":{}}]
		! join room:1
		! left room:1
		! join room:1
		! echo room:1`},
	{"a handler that blocks stops neither heartbeats nor other channels", "2.0.0", `
		> ["1","1","room:1","phx_join",{}]
		< ["1","1","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["1","2","room:1","block",{}]
		> ["3","3","room:2","phx_join",{}]
		< ["3","3","room:2","phx_reply",{"status":"ok","response":{}}]
		> [null,"4","phoenix","heartbeat",{}]
		< [null,"4","phoenix","phx_reply",{"status":"ok","response":{}}]
		wait 5s
		< ["1","2","room:1","phx_reply",{"status":"ok","response":{}}]`},
	{"nothing but ok without a ref", "2.0.0", `
		> ["1","1","room:1","phx_join",{}]
		< ["1","1","room:1","phx_reply",{"status":"ok","response":{}}]
		> ["1",null,"room:1","echo",{}]
		> ["1",null,"room:1","refuse",{}]
		< ["1",null,"room:1","phx_reply",{"status":"error","response":{"reason":"no"}}]`},
	{"payload must be an object, events must not be reserved", "2.0.0", `
		> ["1","1","room:1","phx_join",[]]
		< ["1","1","room:1","phx_reply",{"status":"error","response":{"reason":"payload must be an object"}}]
		> [null,"2","phoenix","heartbeat",null]
		< [null,"2","phoenix","phx_reply",{"status":"error","response":{"reason":"payload must be an object"}}]
		> ["1","3","room:1","phx_reply",{}]
		< ["1","3","room:1","phx_reply",{"status":"error","response":{"reason":"reserved event"}}]`},
	{"names that need escapes", "2.0.0", `
		> ["\u0031","\"","room:\u00e7\n","phx_join",{}]
		< ["1","\"","room:ç\n","phx_reply",{"status":"ok","response":{}}]`},
	{"the handler ends the socket", "2.0.0", `
		> ["1","1","room:1","phx_join",{}]
		> ["1","2","room:1","hang_up",{}]
		< ["1","1","room:1","phx_reply",{"status":"ok","response":{}}]
		code 4001
		! join room:1
		! hang_up room:1
		! disconnected room:1`},
	{"serializer 1.0.0", "1.0.0", `
		> {"topic":"room:1","event":"phx_join","payload":{},"ref":"1"}
		< {"topic":"room:1","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"1"}
		> {"ref":"2","payload":{"a":[1]},"event":"echo","topic":"room:1"}
		< {"topic":"room:1","event":"phx_reply","payload":{"status":"ok","response":{"a":[1]}},"ref":"2"}
		> {"topic":"room:1","event":"tell","payload":{},"ref":"3"}
		< {"topic":"room:1","event":"told","payload":{},"ref":null}
		< {"topic":"room:1","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"3"}
		> {"topic":"phoenix","event":"heartbeat","payload":{},"ref":"4"}
		< {"topic":"phoenix","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"4"}
		> {"topic":"room:1","event":"phx_join","payload":{},"ref":"5"}
		< {"topic":"room:1","event":"phx_close","payload":{},"ref":"1"}
		< {"topic":"room:1","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"5"}
		> {"topic":"room:1","event":"bytes","payload":{},"ref":"6"}
		< {"topic":"room:1","event":"phx_reply","payload":{"status":"error","response":{"reason":"internal error"}},"ref":"6"}
		> {"topic":"room:1","event":"phx_leave","payload":{},"ref":"7"}
		< {"topic":"room:1","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"7"}
		< {"topic":"room:1","event":"phx_close","payload":{},"ref":"5"}`},
	{"no JSON", "2.0.0", "> hello\n code 4400"},
	{"no array", "2.0.0", "> {}\n code 4400"},
	{"wrong arity", "2.0.0", `> ["1","1","room:1","phx_join",{},{}]` + "\n code 4400"},
	{"wrong types", "2.0.0", `> [1,2,"room:1","phx_join",{}]` + "\n code 4400"},
	{"10,000 levels", "2.0.0", `> ["1","1","room:1","phx_join",` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + "]\n code 4400"},
	{"no UTF-8", "2.0.0", "> [\"1\",\"1\",\"room:\xff\",\"phx_join\",{}]\n code 1007"},
	{"10 MiB", "2.0.0", `> ["1","1","room:1","phx_join",{"a":"` + strings.Repeat("a", 10<<20) + "\"}]\n code 1009"},
	{"over what may wait for a handler", "2.0.0", `
		> ["1","1","room:1","phx_join",{"block":5}]` + strings.Repeat("\n> [null,null,\"room:1\",\"echo\",{}]", 150) + `
		code 4429`},
}
