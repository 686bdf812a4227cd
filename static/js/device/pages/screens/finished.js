// A form that was just finished: how far it is, and whom to call meanwhile.

import { part, show } from "../dom.js";
import { listNumbers } from "../numbers.js";
import { stateOf } from "../queue_lines.js";

/** @type {(app: PhoneApp, uuid: string) => Promise<PhoneScreen>} */
export async function finished(app, uuid) {
  const screen = show("finished");
  const refresh = async () => {
    const item = (await app.device.queue.list()).find((each) => each.uuid === uuid);
    if (!item) return;
    const waits = item.state === "phone" || item.state === "way";
    part(screen, "state").replaceChildren(stateOf(item));
    part(screen, "waits").hidden = !waits;
    part(screen, "call").hidden = !waits;
  };
  listNumbers(part(screen, "numbers"), app.pack);
  await refresh();
  part(screen, "title").focus();
  return { refresh };
}
