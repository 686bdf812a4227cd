/** Reads lists of steps, one a line, and says of each what was broken: {"broken": null | text}. */

import { createInterface } from "node:readline";
import { Broken, World } from "./world.mjs";

/** @type {unknown} */
let unhandled = null;
process.on("unhandledRejection", (error) => {
  unhandled = error;
});

for await (const line of createInterface({ input: process.stdin })) {
  let broken = null;
  try {
    const world = await World.make();
    for (const step of JSON.parse(line)) await world.step(step);
    await world.end();
  } catch (error) {
    broken = error instanceof Broken ? error.message : (error?.stack ?? String(error));
  }
  if (unhandled) broken ??= `nobody caught: ${unhandled.stack ?? unhandled}`;
  unhandled = null;
  process.stdout.write(`${JSON.stringify({ broken })}\n`);
}
