// Events that a test lets the sandbox send, and nothing else.
import assert from "node:assert/strict";

/** Leave only the events that tests send. */
export const stopModel = (sandbox) => control(sandbox, "PUT", "live", { model: false });

/** Send each row in a message of its own, once the server has subscribed to the channel. */
export async function publish(sandbox, channel, data) {
  while (!(channel in (await control(sandbox, "GET", "live")).subscriptions)) await new Promise(setImmediate);
  const { subscribers } = await control(sandbox, "POST", "events", { channel, data, separate: true });
  assert.equal(subscribers, 1, "the server has one subscription for each channel");
}

async function control(sandbox, method, route, body) {
  const response = await fetch(`${sandbox}/_sandbox/${route}`, { method, body: JSON.stringify(body) });
  assert.ok(response.ok, `${route}: ${response.status}`);
  return response.status === 204 ? null : response.json();
}
