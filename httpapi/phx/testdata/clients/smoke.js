// What an application does with the stock client of the package argv[2], against the server at argv[3]: the handler
// there is the room of harness_test.go. Prints ok, or throws.
const assert = require("node:assert")
const [name, url] = process.argv.slice(2)
const old = name === "phoenix-channels" // brings its own WebSocket, and speaks serializer 1.0.0
const { Socket } = require(name)

// patience is how long anything may take on a machine that is busy with something else, in milliseconds.
const patience = 60000

const options = { reconnectAfterMs: () => 20, rejoinAfterMs: () => 50, timeout: patience }
if (!old) options.transport = require("ws")

function connect(user, more = {}) {
  const socket = new Socket(url, { ...options, ...more, params: { user } })
  socket.beats = socket.closes = 0
  socket.onMessage(m => {
    const { topic, event } = m
    if (topic === "phoenix" && event === "phx_reply") socket.beats++
  })
  socket.onClose(() => socket.closes++)
  socket.connect()
  return socket
}

const pause = ms => new Promise(done => setTimeout(done, ms))

function within(what, promise) {
  let timer
  const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error(`${name}: no ${what}`)), patience) })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

// reply gives [status, response] of a join, push or leave.
const reply = (what, push) => within(what, new Promise(done => {
  for (const status of ["ok", "error", "timeout"]) push.receive(status, response => done([status, response]))
}))
const event = (channel, name) => within(name, new Promise(done => channel.on(name, done)))
const closed = channel => within("phx_close", new Promise(done => channel.onClose(done)))

// until waits for something to become true.
async function until(what, test) {
  for (const end = Date.now() + patience; Date.now() < end && !test(); await pause(10)) {}
  assert.ok(test(), `${name}: no ${what}`)
}

async function main() {
  const ana = connect("ana"), rui = connect("rui")

  // Join, push, reply; what is pushed before the join reply is sent after it.
  const room = ana.channel("room:1", { a: 1 })
  const joining = room.join()
  const early = room.push("echo", { early: true })
  assert.deepStrictEqual(await reply("join", joining), ["ok", {}])
  assert.deepStrictEqual(await reply("early push", early), ["ok", { early: true }])
  assert.deepStrictEqual(await reply("echo", room.push("echo", { text: "ção \"<&>\" 😀" })), ["ok", { text: "ção \"<&>\" 😀" }])
  assert.deepStrictEqual(await reply("refusal", room.push("refuse", {})), ["error", { reason: "no" }])

  // To one, and to all.
  const other = rui.channel("room:1", {})
  assert.deepStrictEqual(await reply("second join", other.join()), ["ok", {}])
  const told = event(room, "told")
  room.push("tell", { n: 1 })
  assert.deepStrictEqual(await told, { n: 1 })
  const shouted = [event(room, "shouted"), event(other, "shouted")]
  room.push("shout", { n: 2 })
  assert.deepStrictEqual(await Promise.all(shouted), [{ n: 2 }, { n: 2 }])
  const relayed = event(other, "relayed")
  room.push("relay", { n: 3 })
  assert.deepStrictEqual(await relayed, { n: 3 })

  // Bytes, where the client has them.
  if (["phoenix-1.6", "phoenix-1.7", "phoenix-1.8"].includes(name)) {
    const raw = event(room, "raw")
    const [status, response] = await reply("binary reply", room.push("raw", new Uint8Array([0, 1, 255]).buffer))
    assert.strictEqual(status, "ok")
    assert.deepStrictEqual(new Uint8Array(response), new Uint8Array([0, 1, 255]))
    assert.deepStrictEqual(new Uint8Array(await raw), new Uint8Array([0, 1, 255]))
  }

  // Refused, refused for good, unknown.
  const refused = ana.channel("room:2", { refuse: "unauthorized" })
  assert.deepStrictEqual(await reply("refused join", refused.join()), ["error", { reason: "unauthorized" }])
  refused.leave()
  const final = ana.channel("room:3", { final: "over" })
  let tries = 0
  final.joinPush.receive("error", () => tries++)
  const over = closed(final)
  assert.deepStrictEqual(await reply("final refusal", final.join()), ["error", { reason: "over", n: 1 }])
  await over
  const once = tries // or more often, if more time than until it joins again was between the two messages
  const nowhere = ana.channel("nowhere:1", {})
  assert.deepStrictEqual(await reply("unknown topic", nowhere.join()), ["error", { reason: "unmatched topic" }])
  nowhere.leave()

  // Left, closed by the server, crashed.
  const leaving = ana.channel("room:4", {})
  await reply("join", leaving.join())
  const left = closed(leaving)
  assert.deepStrictEqual((await reply("leave", leaving.leave()))[0], "ok")
  await left
  const taken = ana.channel("room:5", {})
  await reply("join", taken.join())
  const takenOver = closed(taken)
  taken.push("close", { reason: "taken_over" })
  await takenOver
  const crashing = ana.channel("room:6", {})
  await reply("join", crashing.join())
  const crashed = within("phx_error", new Promise(done => crashing.onError(done)))
  crashing.push("panic", {})
  await crashed
  await until("join after a crash", () => crashing.state === "joined")

  // The server ends the socket: the client comes back and joins again by itself, and works.
  const code = within("close", new Promise(done => ana.onClose(e => done(e.code))))
  room.push("hang_up", {})
  assert.strictEqual(await code, 4001)
  await until("rejoin", () => room.state === "joined" && crashing.state === "joined")
  assert.deepStrictEqual(await reply("echo after rejoin", room.push("echo", { n: 4 })), ["ok", { n: 4 }])

  // Heartbeats are answered. A client that does not know its answer closes before the next one, and comes back; so does
  // one whose answer is late.
  const eva = connect("eva", { heartbeatIntervalMs: 100 })
  await until("heartbeats", () => eva.beats - eva.closes >= 4)
  assert.strictEqual(tries, once, "joined again after phx_close")

  ana.disconnect()
  rui.disconnect()
  eva.disconnect()
  console.log("ok")
  process.exit(0)
}

main().catch(err => {
  console.error(err)
  process.exit(1)
})
