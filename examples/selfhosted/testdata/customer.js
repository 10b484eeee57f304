// A customer with the stock client of the package argv[2], on the server argv[3] (host and port), with the token argv[4]
// in the topic argv[5]: says back what the agent says, and prints how it fares. Nothing of the client is set.
const [name, host, token, topic] = process.argv.slice(2)
const { Socket } = require(name)

const options = { params: { token } }
if (name !== "phoenix-channels") options.transport = require("ws") // that one brings its own
const socket = new Socket(`ws://${host}/socket`, options)
socket.onOpen(() => console.log("open"))
socket.onClose(() => console.log("closed"))
socket.connect()

const call = socket.channel(topic, {})
call.on("chat", ({ text }) => call.push("chat", { text: `${text}, says ${name}` }))
call.join().receive("ok", () => console.log("joined")).receive("error", refused => console.log(JSON.stringify(refused)))
