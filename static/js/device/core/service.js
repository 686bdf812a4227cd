/** The service's routes for phones, asked with a token and without cookies. */

import { Unreachable } from "./errors.js";
import { openRecord } from "./seal.js";

const ROOT = "/api/field/v1/";
const PATIENCE = 60_000;

export class Service {
  /** @param {Env} env */
  constructor(env) {
    this.env = env;
  }

  /**
   * Raises Unreachable without an answer of the service's own: a network's sign-in page counts as none.
   *
   * @param {{ token: string, method?: string, path: string, json?: object, bytes?: Bytes,
   *   headers?: Record<string, string> }} request
   * @returns {Promise<Reply>}
   */
  async ask({ token, method = "GET", path, json, bytes, headers = {} }) {
    try {
      const reply = await this.env.fetch(path.startsWith("/") ? path : ROOT + path, {
        method,
        body: json ? JSON.stringify(json) : bytes,
        headers: {
          ...(json ? { "Content-Type": "application/json" } : {}),
          ...headers,
          Accept: "application/json",
          Authorization: `Bearer ${token}`,
        },
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(PATIENCE),
      });
      const isJson = /^application\/(problem\+)?json/.test(reply.headers.get("Content-Type") ?? "");
      const isBare = reply.status === 204 || reply.status >= 500 || method === "HEAD";
      if (!isJson && !isBare) throw new Unreachable();
      return { status: reply.status, headers: reply.headers, body: isJson && !isBare ? await reply.json() : null };
    } catch {
      throw new Unreachable();
    }
  }
}

/**
 * The devices that may send from here, the one of today first.
 *
 * @param {DeviceContext} context
 * @returns {Promise<Sender[]>}
 */
export async function senders({ store }) {
  return store.run(["meta", "keys", "remains"], "readonly", async (requests) => {
    /** @type {Sender[]} */
    const found = [];
    const row = /** @type {DeviceRow | undefined} */ (await requests.get("meta", "device"));
    const queue = /** @type {OwnKey | undefined} */ (await requests.get("keys", "queue"));
    const token = /** @type {SealedRow | undefined} */ (await requests.get("keys", "queueToken"));
    if (row && queue && token) found.push({ device: row.device, queueKey: queue.own, token });
    return [...found, ...(await requests.all("remains"))];
  });
}

/** @param {Env} env @param {Sender} sender @returns {Promise<string>} */
export async function queueToken(env, { queueKey, token }) {
  return (await openRecord(env, queueKey, { table: "keys", id: "queueToken", sealed: token })).token;
}

/**
 * A package's address without its host: the token goes nowhere else.
 *
 * @param {string} address
 */
export function ownPath(address) {
  const { pathname, search } = new URL(address, "https://own.invalid/");
  return pathname + search;
}
