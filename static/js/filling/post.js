// Sends fields once and says what came of it. Never throws; whatever is unclear counts as not arrived, and may be sent
// again: the server keeps the same thing once.

const SHOWN = new Set([200, 409, 422, 503]); // answers that are pages of ours, to be shown in place of this one
const TOO_LARGE = 413;
const BUSY = new Set([408, 425, 429]);
const LONGEST_WAIT = 120; // seconds, whatever the server asks for

/**
 * What came of it: {kind, ...}
 *   go {address} · kept {told} · page {page: Document} · differs {told}: another page saved meanwhile ·
 *   lost: no network, or no answer · busy {after: seconds} · signIn {address} · large · refused {status}
 *
 * @param {string} address
 * @param {FormData | URLSearchParams} body
 * @param {number} patience milliseconds
 * @param {AbortController} [abort]
 * @returns {Promise<PostResult>}
 */
export async function post(address, body, patience, abort = new AbortController()) {
  const timer = setTimeout(() => abort.abort(), patience);
  try {
    return await read(
      await fetch(address, {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
        redirect: "manual", // followed, it would bring a page that nobody sees
        signal: abort.signal,
      }),
    );
  } catch {
    return { kind: "lost" };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {Response} reply
 * @returns {Promise<PostResult>}
 */
async function read(reply) {
  if (reply.type === "opaqueredirect") return { kind: "signIn", address: "" };
  if (reply.status === TOO_LARGE) return { kind: "large" };
  const type = reply.headers.get("Content-Type") ?? "";
  if (type.startsWith("application/json")) {
    const told = await reply.json();
    if (told.sign_in) return { kind: "signIn", address: told.sign_in };
    if (told.differs) return { kind: "differs", told };
    if (told.go) return { kind: "go", address: told.go };
    if (reply.ok) return { kind: "kept", told };
  } else if (SHOWN.has(reply.status) && type.startsWith("text/html")) {
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    if (page.querySelector("body.field-page main, body.brief-page main")) return { kind: "page", page };
  }
  if (reply.status >= 500 || BUSY.has(reply.status)) return { kind: "busy", after: wait(reply) };
  return { kind: "refused", status: reply.status };
}

/**
 * The seconds of Retry-After; 0 when it says none that we understand.
 *
 * @param {Response} reply
 */
function wait(reply) {
  const seconds = Number.parseInt(reply.headers.get("Retry-After") ?? "", 10);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), LONGEST_WAIT) : 0;
}

/**
 * A form's fields as a browser sends a form without files.
 *
 * @param {FormData} data
 */
export const asText = (data) => new URLSearchParams(/** @type {[string, string][]} */ ([...data]));
