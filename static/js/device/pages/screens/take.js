// A draft that was begun on the pages and offered to this phone: it is brought, and opened.

import { part, show, word } from "../dom.js";

/** @type {(app: PhoneApp, id: string) => PhoneScreen} */
export function take(app, id) {
  const screen = show("take");
  let isGone = false;
  const bring = async () => {
    part(screen, "ways").hidden = true;
    part(screen, "state").textContent = word("opening");
    const { is, why } = await app.device.take(id, app.language);
    if (isGone) return;
    if (is === "here" || is === "taken") return app.go(`fill/${id}`);
    if (is === "ended") return void app.sync(); // which says so, and empties the phone
    part(screen, "state").textContent = why ?? word(`${is}Take`);
    part(screen, "again").hidden = why !== undefined;
    part(screen, "ways").hidden = false;
  };
  const begin = () => void bring().catch((error) => app.fail(error));
  part(screen, "again").addEventListener("click", begin);
  part(screen, "title").focus();
  begin();
  return {
    close: () => {
      isGone = true;
    },
  };
}
