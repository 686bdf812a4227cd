/**
 * A phone in Node whose service is Django's, by lines of JSON: in comes {do, ...}, out go {ask: request} for each
 * request, answered by a line {status, headers, body}, and at last {done: result}. Bodies are base64.
 */

import { createInterface } from "node:readline";
import { Phone } from "./phone.mjs";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value ?? "null");
const write = (/** @type {object} */ message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const service = {
  async fetch(/** @type {string} */ path, /** @type {any} */ { method, headers, body }) {
    write({ ask: { path, method, headers, body: Buffer.from(body ?? "").toString("base64") } });
    const answer = await read();
    const bytes = Buffer.from(answer.body, "base64");
    const isBare = answer.status === 204 || method === "HEAD";
    return new Response(isBare ? null : bytes, { status: answer.status, headers: answer.headers });
  },
};

const phone = new Phone(/** @type {any} */ (service), () => Date.now());
const { device } = await phone.openTab();

/** @type {Record<string, (given: any) => Promise<unknown>>} */
const acts = {
  setUp: ({ registered }) => device.setUp({ pin: "274916", registered }),
  async draft({ form, version, fields, file }) {
    const id = await device.drafts.begin({ form, version, title: "t", language: "sq" });
    if (file)
      fields.push([file.name, await device.files.put(id, "a.jpg", new Blob([Buffer.from(file.bytes, "base64")]))]);
    await device.drafts.save(id, { fields });
    return id;
  },
  finish: ({ id, ...how }) => device.drafts.finish(id, how),
  send: () => device.queue.send({ now: true }),
  contact: () => device.contact(),
  renewed: ({ tokens }) => device.renew(async () => tokens),
  pack: () => device.pack.refresh(),
  packed: () => device.pack.get(),
  unlock: () => device.unlock("274916"),
  lock: () => device.lock(),
  sendDrafts: () => device.sendDrafts(),
  async look() {
    const { drafts, parts, keys } = await phone.dump();
    const left = { drafts: drafts.length, parts: parts.length, keys: keys.length };
    return { state: device.state, queue: await device.queue.list(), needsRenewal: device.meta?.needsRenewal, ...left };
  },
};

for (let given = await read(); given; given = await read()) {
  const { do: act, ...rest } = given;
  write(
    await acts[act](rest).then(
      (done) => ({ done: done ?? null }),
      (error) => ({ failed: error.stack }),
    ),
  );
}
