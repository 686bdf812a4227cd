/** The service as a phone sees it, in memory: what docs/api.md says of the routes for phones, and nothing else. */

import { fromBase64url, readPaddedJson, toBase64url, utf8 } from "../../../static/js/device/core/bytes.js";
import { open } from "../../../static/js/device/core/hpke.js";

const PROBLEM = { "Content-Type": "application/problem+json" };

/** @param {number} status @param {unknown} [body] @param {Record<string, string>} [headers] */
function answer(status, body, headers = {}) {
  const text = body === undefined ? null : JSON.stringify(body);
  return new Response(text, { status, headers: { ...(text && { "Content-Type": "application/json" }), ...headers } });
}

const problem = (status, kind, more = {}, headers = {}) =>
  answer(status, { type: `urn:vatra:problem:${kind}`, title: kind, status, ...more }, { ...PROBLEM, ...headers });

export class Model {
  /** @param {() => number} now */
  static async make(now) {
    const curve = { name: "ECDH", namedCurve: "P-256" };
    const keys = await crypto.subtle.generateKey(curve, true, ["deriveBits"]);
    return new Model(now, keys, toBase64url(new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey))));
  }

  constructor(now, keys, point) {
    this.now = now;
    this.keys = keys;
    this.published = [{ id: "k1", public: point }];
    this.devices = new Map();
    this.submissions = new Map();
    this.drafts = new Map();
    this.answers = new Map(); // by UUID: what came under it, and what was answered
    this.files = new Map();
    this.rescued = new Map(); // by the id on the phone: the draft that it became here
    this.withdrawn = new Set();
    this.kits = []; // as the pack names them
    this.sessions = [];
    this.blank = null; // the form that plans a session, with the one that records it
    this.sections = []; // of its form
    this.states = new Map(); // by UUID: what is said of it later than at its arrival
    this.kitsGone = new Set();
    this.kitsAsked = [];
    this.isDown = false;
    this.log = [];
    this.asked = 0; // how often anything was
  }

  /** As `POST devices` does, with the person signed in. */
  register() {
    const device = crypto.randomUUID();
    const row = { device, queue: `q-${crypto.randomUUID()}`, read: `r-${crypto.randomUUID()}`, isEnded: false };
    this.devices.set(device, row);
    return {
      ...{ device, queue_token: row.queue, read_token: row.read, share: this.share(), keys: this.published },
      ...{ now: this.time(), person: { name: "Kanarina Person" }, units: [{ slug: "vlore", name: "Kanarina Unit" }] },
    };
  }

  /** As `POST device-renewal`: the token from before delivers until the new one is used. */
  renew(device) {
    const row = this.devices.get(device);
    row.earlier ??= row.queue;
    row.queue = `q-${crypto.randomUUID()}`;
    row.read = `r-${crypto.randomUUID()}`;
    return { queue_token: row.queue, read_token: row.read };
  }

  share() {
    return toBase64url(crypto.getRandomValues(new Uint8Array(32)));
  }

  time() {
    return new Date(this.now()).toISOString();
  }

  /** As `fetch`. */
  async fetch(path, { method, headers, body }) {
    this.asked += 1;
    if (this.isDown) return answer(503, undefined, { "Retry-After": "1" });
    if (this.isCrowded && path.includes("sealed-")) return problem(429, "busy", {}, { "Retry-After": "7" });
    const token = headers.Authorization.replace("Bearer ", "");
    const device = [...this.devices.values()].find((row) => [row.queue, row.read, row.earlier].includes(token));
    if (!device) return problem(401, "not-signed-in");
    if (token === device.queue) device.earlier = null;
    const [, name, id] = path.match(/^\/api\/field\/v1\/([a-z-]+)(?:\/([^?]*))?/);
    const isRead = ["device-pack", "device-forms", "device-kits", "device-sessions", "device-session-plan"].includes(
      name,
    );
    if ((token === device.read) !== isRead) return problem(403, "scope");
    const route = `${method} ${name}`;
    if (route === "POST device-contact") return this.contact(device);
    if (route === "GET device-pack") return device.isEnded ? problem(410, "device-ended") : this.pack();
    if (route === "GET device-forms") return answer(200, { key: id, sha256: "s1", sections: this.sections });
    if (route === "GET device-session-plan") return answer(200, this.blank);
    if (route === "GET device-sessions") return answer(200, { session: id, html: "Kanarina form", fields: [] });
    if (route === "GET device-kits") return this.kit(Number(id));
    if (route === "POST sealed-submissions") return this.receive(device, JSON.parse(body));
    if (route === "GET sealed-submissions") return this.status(id);
    if (route === "POST device-rescues") return this.rescue(device, JSON.parse(body));
    if (name === "sealed-files") return this.file(device, { method, id, headers, body });
    return problem(404, "not-found");
  }

  contact(device) {
    if (device.isEnded) return problem(410, "device-ended");
    return answer(200, { now: this.time(), share: this.share(), keys: this.published, contact_hours: 72, forms: [] });
  }

  pack() {
    const form = {
      key: "visit",
      version: 1,
      sha256: "s1",
      title: "Visit",
      package: "/api/field/v1/device-forms/visit/1",
    };
    const kits = this.kits.map((kit) => ({ ...kit, package: `/api/field/v1/device-kits/${kit.id}` }));
    const { sessions } = this;
    const times = { made_at: this.time(), expires_at: this.time() };
    const plan = this.blank ? { session_plan: "/api/field/v1/device-session-plan?language=sq" } : {};
    return answer(200, { ...times, forms: [form], cases: [], numbers: [], sessions, kits, ...plan });
  }

  kit(id) {
    this.kitsAsked.push(id);
    return this.kitsGone.has(id) ? problem(503, "busy") : answer(200, { id, title: "Kanarina kit", materials: [] });
  }

  async receive(device, { uuid, key, sealed }) {
    const before = this.answers.get(uuid);
    if (before?.sealed === sealed) return this.again(uuid, before);
    let plain;
    try {
      const info = utf8(`vatra sealed submission 1\n${device.device}\n${uuid}\n${key}`);
      plain = readPaddedJson(await open({ crypto, keys: this.keys, info, sealed: fromBase64url(sealed) }));
    } catch {
      return problem(422, "sealed-not-opened");
    }
    const follows = plain.follows ?? [];
    const rescued = [uuid, ...follows].filter((id) => this.rescued.has(id)).map((id) => this.rescued.get(id));
    if (device.isEnded) {
      const same = rescued.find((id) => sameText(this.drafts.get(id), plain));
      if (same) {
        this.answers.set(uuid, before ?? { sealed, draft: same });
        return this.returned(same);
      }
    } else for (const id of rescued) this.drafts.delete(id);
    for (const id of follows) if (!this.rescued.has(id)) this.rescued.set(id, uuid);
    const isTaken = this.submissions.has(uuid) || this.drafts.has(uuid);
    if (device.isEnded || this.withdrawn.has(plain.version) || isTaken) {
      const draft = isTaken ? crypto.randomUUID() : uuid;
      this.drafts.set(draft, plain);
      this.answers.set(uuid, before ?? { sealed, draft });
      return this.returned(draft);
    }
    this.submissions.set(uuid, plain);
    this.log.push(uuid);
    this.answers.set(uuid, { sealed });
    return answer(201, this.receipt(uuid));
  }

  again(uuid, { draft }) {
    return draft ? this.returned(draft) : answer(200, this.receipt(uuid));
  }

  returned(draft) {
    return problem(422, "returned", { draft, url: `/field/drafts/${draft}/`, errors: [] });
  }

  receipt(uuid) {
    return {
      submission: uuid,
      case: null,
      notices: [{ id: uuid, code: "1", role: "police", state: "sent", recipient: "x" }],
    };
  }

  status(uuid) {
    if (!this.submissions.has(uuid)) return problem(404, "not-found");
    if (this.states.has(uuid)) return answer(200, this.states.get(uuid));
    return answer(200, { state: "told", receipt: this.receipt(uuid) });
  }

  async rescue(device, { key, slot, drafts }) {
    const info = utf8(`vatra draft key 1\n${device.device}\n${key}`);
    const raw = await open({ crypto, keys: this.keys, info, sealed: fromBase64url(slot) });
    const draftKey = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
    const saved = [];
    for (const { id, iv, sealed } of drafts) {
      const how = { name: "AES-GCM", iv: fromBase64url(iv), additionalData: utf8(`drafts\n${id}`) };
      const plain = readPaddedJson(await crypto.subtle.decrypt(how, draftKey, fromBase64url(sealed)));
      saved.push(id);
      if (this.rescued.has(id)) continue;
      const follows = plain.follows ?? [];
      const isFinished = this.submissions.has(id) || sameText(this.drafts.get(id), plain);
      if (!device.isEnded && isFinished) {
        this.rescued.set(id, id);
        continue;
      }
      if (!device.isEnded) for (const each of follows) this.drafts.delete(this.rescued.get(each));
      const draft = this.submissions.has(id) || this.drafts.has(id) ? crypto.randomUUID() : id;
      this.drafts.set(draft, plain);
      for (const each of [id, ...follows]) if (!this.rescued.has(each)) this.rescued.set(each, draft);
    }
    return answer(200, { saved, refused: [] });
  }

  async file(device, { method, id, headers, body }) {
    const row = this.files.get(id) ?? { bytes: new Uint8Array(0), plain: null };
    const offset = () => ({ "Upload-Offset": String(row.bytes.length) });
    if (method === "HEAD") return this.files.has(id) ? answer(204, undefined, offset()) : answer(404);
    if (row.plain) return answer(201, { id });
    if (Number(headers["Upload-Offset"]) !== row.bytes.length) return problem409(offset());
    const bytes = new Uint8Array(row.bytes.length + body.length);
    bytes.set(row.bytes);
    bytes.set(body, row.bytes.length);
    row.bytes = bytes;
    this.files.set(id, row);
    if (bytes.length < Number(headers["Upload-Length"])) return answer(204, undefined, offset());
    const info = utf8(`vatra sealed file 1\n${device.device}\n${id}\n${headers["X-Field-Key"]}`);
    row.plain = await open({ crypto, keys: this.keys, info, sealed: bytes });
    return answer(201, { id });
  }

  /** The process ends and begins: of uploads, what wasn't on the disk is gone. */
  restart() {
    for (const row of this.files.values()) if (!row.plain) row.bytes = row.bytes.slice(0, row.bytes.length >> 1);
  }
}

const sameText = (one, other) => JSON.stringify(one?.fields) === JSON.stringify(other.fields);

const problem409 = (headers) =>
  answer(409, { type: "urn:vatra:problem:offset", status: 409 }, { ...PROBLEM, ...headers });
