// The alarm by SMS: the phone's own page for messages, with a code in it. Nothing is sent from here.

import { part, show } from "../dom.js";

/** @type {(app: PhoneApp) => PhoneScreen} */
export function alarm(app) {
  const found = app.pack?.alarm;
  if (!found) {
    app.go("");
    return {};
  }
  const screen = show("alarm");
  const number = found.number.replace(/[^\d+]/g, "");
  part(screen, "urgent").setAttribute("href", `sms:${number}?body=${encodeURIComponent(found.code_urgent)}`);
  part(screen, "normal").setAttribute("href", `sms:${number}?body=${encodeURIComponent(found.code_normal)}`);
  part(screen, "title").focus();
  return {};
}
