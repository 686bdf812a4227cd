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

/** @param {QueueItem} item @param {string} [name] what it is, where that isn't said beside it */
export function stateOf(item, name = "") {
  const { icon, words } = STATES[item.state];
  const said = `${word(words)} ${clock(item.at)}`;
  return make("span", { class: "with-sign" }, sign(icon), make("span", {}, name ? `${name}: ${said}` : said));
}

/** Why it came back. @param {QueueItem} item */
export const whyOf = ({ reason }) => {
  const name = `why${(reason ?? "").replace(/(?:^|[-_])(\w)/g, (_whole, letter) => letter.toUpperCase())}`;
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
  if (item.state === "returned") line.append(make("span", {}, whyOf(item)), openLink(item));
  return line;
}

/** Where what came back is on the service. @param {QueueItem} item */
export const openLink = ({ url }) =>
  url ? make("a", { class: "btn btn-small", href: ownPath(url) }, word("openDraft")) : "";

/**
 * Only a path of our own service is linked.
 *
 * @param {string} url
 */
function ownPath(url) {
  const { pathname } = new URL(url, location.origin);
  return pathname.startsWith("/field/") ? pathname : "/field/";
}
