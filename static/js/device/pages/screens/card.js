// What to say at the telephone when police or an ambulance is called, and whom to call.

import { make, part, show } from "../dom.js";
import { listNumbers } from "../numbers.js";

/** @type {(app: PhoneApp) => PhoneScreen} */
export function card(app) {
  const screen = show("card");
  const words = Object.values(app.pack?.call_card ?? {}).flat();
  part(screen, "none").hidden = words.length > 0;
  part(screen, "words").hidden = words.length === 0;
  part(screen, "words").replaceChildren(...words.map((text) => make("p", {}, String(text))));
  listNumbers(part(screen, "numbers"), app.pack);
  part(screen, "title").focus();
  return {};
}
