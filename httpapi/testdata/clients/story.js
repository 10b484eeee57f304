// A call as two browsers live it, with the stock client of the package argv[2], against the server at argv[3] (host and
// port). argv[4] is an access token of the agent. Prints ok, or throws.
const assert = require("node:assert")
const [name, host, access] = process.argv.slice(2)
const old = name === "phoenix-channels" // brings its own WebSocket, and speaks serializer 1.0.0
const { Socket, Presence } = require(name)

// patience is how long anything may take on a machine that is busy with something else, in milliseconds; grace is the
// server's.
const patience = 60000, grace = 10000

const options = { reconnectAfterMs: () => 200, rejoinAfterMs: () => 100, timeout: patience }
if (!old) options.transport = require("ws")

function connect(token, more = {}) {
  const socket = new Socket(`ws://${host}/socket`, { ...options, params: { token }, ...more })
  socket.connect()
  return socket
}

// tcp is the connection under a socket.
const tcp = socket => (old ? socket.conn._connection.socket : socket.conn._socket)

const pause = ms => new Promise(done => setTimeout(done, ms))

function within(what, promise, ms = patience) {
  let timer
  const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error(`${name}: no ${what}`)), ms) })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

const reply = (what, push) => within(what, new Promise(done => {
  for (const status of ["ok", "error", "timeout"]) push.receive(status, response => done([status, response]))
}))

// until waits for something to become true.
async function until(what, test) {
  for (const end = Date.now() + patience; Date.now() < end && !test(); await pause(10)) {}
  assert.ok(test(), `${name}: not ${what}`)
}

// hear keeps the events of a channel; next waits for one of a name and takes it.
function hear(channel) {
  channel.heard = []
  for (const event of ["participant_joined", "participant_left", "peer_disconnected", "peer_reconnected", "call_updated",
    "call_ended", "queue_position", "signal", "ice_candidate", "mute", "chat"]) {
    channel.on(event, payload => channel.heard.push({ event, payload, at: Date.now() }))
  }
  channel.closes = 0
  channel.onClose(() => channel.closes++)
  return channel
}

async function next(channel, event) {
  for (const end = Date.now() + patience; Date.now() < end; await pause(2)) {
    const i = channel.heard.findIndex(h => h.event === event)
    if (i >= 0) return channel.heard.splice(i, 1)[0]
  }
  throw new Error(`${name}: no ${event}; heard ${JSON.stringify(channel.heard)}`)
}

async function post(path, body, token) {
  const headers = token ? { Authorization: `Bearer ${token}`, "X-Tenant": "avanter" } : {}
  const r = await fetch(`http://${host}${path}`, { method: "POST", headers, body: JSON.stringify(body || {}) })
  assert.ok(r.ok, `${path}: ${r.status}`)
  return (await r.json()).data
}

async function main() {
  const entered = await post("/api/v1/call/suporte/join", { name: "Maria" })
  const id = entered.call_id, topic = `call:${id}`
  const customerSocket = connect(entered.websocket_token)
  const customer = hear(customerSocket.channel(topic, {}))
  const [status, joined] = await reply("join", customer.join())
  assert.deepStrictEqual([status, joined.status, joined.grace_seconds, joined.participants.map(p => p.participant)],
    ["ok", "queued", grace / 1000, ["customer"]])
  assert.strictEqual((await next(customer, "queue_position")).payload.call_id, id)

  // What is done over HTTP is seen here.
  await post(`/api/v1/calls/${id}/assign`, {}, access)
  assert.strictEqual((await next(customer, "call_updated")).payload.call.status, "assigned")
  const agentSocket = name === "phoenix-1.8" ? connect(undefined, { params: {}, authToken: access }) : connect(access)
  const agent = hear(agentSocket.channel(topic, {}))
  assert.strictEqual((await reply("agent's join", agent.join()))[0], "ok")
  await next(customer, "participant_joined")
  await post(`/api/v1/calls/${id}/start`, {}, access)
  assert.strictEqual((await next(customer, "call_updated")).payload.call.status, "active")
  await next(agent, "call_updated")

  // Relay.
  assert.deepStrictEqual(await reply("offer", agent.push("signal", { type: "offer", sdp: "v=0 ção", from: "customer" })), ["ok", {}])
  assert.deepStrictEqual((await next(customer, "signal")).payload, { from: "agent", type: "offer", sdp: "v=0 ção" })
  assert.strictEqual((await reply("bad answer", customer.push("signal", { type: "answer" })))[1].errors.sdp[0], "can't be blank")
  assert.deepStrictEqual(await reply("chat", customer.push("chat", { text: "olá 😀" })), ["ok", {}])
  assert.deepStrictEqual((await next(agent, "chat")).payload, { from: "customer", text: "olá 😀" })

  // Presence, by the client's own class.
  if (Presence) {
    const lobby = agentSocket.channel("presence:support", {})
    let list = {}
    const state = new Promise(done => lobby.on("presence_state", s => { list = Presence.syncState(list, s); done() }))
    lobby.on("presence_diff", d => { list = Presence.syncDiff(list, d) })
    assert.strictEqual((await reply("presence", lobby.join()))[0], "ok")
    await within("presence_state", state)
    assert.strictEqual((await reply("status", lobby.push("status", { status: "busy" })))[0], "ok")
    await until("busy", () => list.ana?.metas.every(m => m.status === "busy"))
    lobby.leave()
  }

  // The customer's connection breaks; the client comes back by itself. How long the other side took to hear of it is
  // printed: on a machine that runs other tests it says more about them.
  const delays = []
  while (delays.length < 3) {
    await until("joined", () => customer.state === "joined")
    const broke = Date.now()
    tcp(customerSocket).destroy()
    const lost = await next(agent, "peer_disconnected")
    delays.push(lost.at - broke)
    assert.strictEqual(lost.payload.participant, "customer")
    assert.ok(lost.payload.remaining_ms > grace / 2 && lost.payload.remaining_ms <= grace, lost.payload.remaining_ms)
    assert.strictEqual((await next(agent, "peer_reconnected")).payload.call_id, id)
  }
  console.log(`peer_disconnected after ${delays} ms`)
  await until("joined", () => customer.state === "joined")
  assert.deepStrictEqual(await reply("chat", agent.push("chat", { text: "there?" })), ["ok", {}])
  await next(customer, "chat")

  // A second device takes over, and the two never fight.
  const secondSocket = connect(joined.resume_token)
  const second = hear(secondSocket.channel(topic, { seq: joined.seq }))
  assert.strictEqual((await reply("takeover", second.join()))[0], "ok")
  await next(agent, "participant_joined")
  await until("closed", () => customer.state === "closed")
  await pause(1000)
  assert.strictEqual(customer.closes, 1)
  assert.strictEqual(second.state, "joined")
  assert.ok(customerSocket.isConnected())
  assert.deepStrictEqual(agent.heard.filter(h => h.event !== "call_updated"), [])

  // A refused join, after which the client is silent.
  let sent = 0
  const push = customerSocket.push.bind(customerSocket)
  customerSocket.push = m => { if (m.event === "phx_join") sent++; push(m) }
  const silent = async channel => {
    await until("closed", () => channel.state === "closed")
    const before = sent
    await pause(600)
    assert.deepStrictEqual([sent, channel.state], [before, "closed"])
  }
  const other = customerSocket.channel("queue:support", {})
  assert.deepStrictEqual(await reply("refusal", other.join()), ["error", { reason: "unauthorized" }])
  await silent(other)

  // The second device freezes. It is given up in 15 s, and at the deadline the call ends.
  const frozen = Date.now()
  tcp(secondSocket).pause()
  const lost = await next(agent, "peer_disconnected")
  console.log(`silence noticed after ${lost.at - frozen} ms`)
  const ended = await next(agent, "call_ended")
  assert.deepStrictEqual([ended.payload.status, ended.payload.end_reason], ["completed", "disconnect"])
  console.log(`ended ${ended.at - lost.at} ms later, at the deadline of ${grace} ms`)
  await until("closed", () => agent.state === "closed")

  // Too late.
  const late = customerSocket.channel(topic, {})
  assert.deepStrictEqual(await reply("late join", late.join()),
    ["error", { reason: "call_ended", status: "completed", end_reason: "disconnect" }])
  await silent(late)
}

main().then(() => { console.log("ok"); process.exit(0) }, error => { console.error(error); process.exit(1) })
