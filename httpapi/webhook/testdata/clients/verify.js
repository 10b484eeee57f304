// Verifies deliveries as a receiver does: a list of {secret, raw, headers, body} on stdin. Prints ok, or throws.
const assert = require("node:assert")
const { Webhook } = require("standardwebhooks")

for (const { secret, raw, headers, body } of JSON.parse(require("node:fs").readFileSync(0, "utf8"))) {
  const webhook = raw ? new Webhook(secret, { format: "raw" }) : new Webhook(secret)
  assert.deepStrictEqual(webhook.verify(body, headers), JSON.parse(body))
  assert.throws(() => webhook.verify(body + " ", headers))
  assert.throws(() => webhook.verify(body, { ...headers, "webhook-id": "evt_other" }))
}
console.log("ok")
