// Calling where there is no network of data: whom, what to say, the alarm by SMS, and a form that was just finished.

import { callLine, make, part, show, word } from "../dom.js";
import { stateOf } from "../queue_lines.js";

/**
 * Whoever is on duty, and the coordinators; the others folded below them.
 *
 * @param {HTMLElement} list
 * @param {Pack | null} pack
 */
export function listNumbers(list, pack) {
  const numbers = (pack?.numbers ?? []).filter((number) => number.phone && number.kind !== "national");
  const isFirst = (/** @type {PackNumber} */ number) => number.on_duty || number.kind === "coordinator";
  const first = numbers.some(isFirst) ? numbers.filter(isFirst) : numbers;
  const others = numbers.filter((number) => !first.includes(number));
  const text = JSON.stringify([first, others]);
  if (list.dataset.shown === text) return numbers.length; // what is unfolded stays so
  list.dataset.shown = text;
  list.replaceChildren(...first.map(callLine));
  if (others.length) {
    const inside = make("ul", { class: "plain-list device-numbers" }, ...others.map(callLine));
    const summary = make("summary", {}, make("span", {}, word("moreNumbers", { count: others.length })));
    list.append(make("li", {}, make("details", { class: "fold" }, summary, inside)));
  }
  return numbers.length;
}

/** What to say at the telephone when police or an ambulance is called. @type {(app: PhoneApp) => PhoneScreen} */
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

/** The phone's own page for messages, with a code in it; nothing is sent from here. @type {(app: PhoneApp) => PhoneScreen} */
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

/** How far a form is that was just finished. @type {(app: PhoneApp, uuid: string) => Promise<PhoneScreen>} */
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
