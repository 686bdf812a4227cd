// How far a finished form is: on this phone, on its way, on the server, somebody notified; or returned, with the reason.

import { clock, hasWord, make, sign, word } from "./dom.js";

/** @type {Record<QueueItem["state"], { icon: string, words: string }>} */
const STATES = {
  phone: { icon: "save", words: "onPhone" },
  way: { icon: "sending", words: "onWay" },
  server: { icon: "delivered", words: "onServer" },
  told: { icon: "accepted", words: "notified" },
  returned: { icon: "warning", words: "returned" },
};

/** @param {QueueItem} item */
export function stateOf(item) {
  const { icon, words } = STATES[item.state];
  return make("span", { class: "with-sign" }, sign(icon), make("span", {}, `${word(words)} ${clock(item.at)}`));
}

/** @param {string} reason */
const why = (reason) => {
  const name = `why${reason.replace(/(?:^|[-_])(\w)/g, (_whole, letter) => letter.toUpperCase())}`;
  return hasWord(name) ? word(name) : word("whyOther");
};

/** @param {QueueItem} item */
export function queueLine(item) {
  const line = make(
    "li",
    { class: `card draft-line${item.state === "returned" ? " case-loud" : ""}` },
    make("strong", {}, item.title ?? word("aForm")),
    stateOf(item),
    make("span", { class: "muted" }, word("finishedAt", { time: clock(item.finishedAt) })),
  );
  if (item.state === "returned") {
    line.append(make("span", {}, why(item.reason ?? "")));
    if (item.url) line.append(make("a", { class: "btn btn-small", href: ownPath(item.url) }, word("openDraft")));
  }
  return line;
}

/**
 * Only a path of our own service is linked.
 *
 * @param {string} url
 */
function ownPath(url) {
  const { pathname } = new URL(url, location.origin);
  return pathname.startsWith("/field/") ? pathname : "/field/";
}
