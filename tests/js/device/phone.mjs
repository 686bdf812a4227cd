/** A phone whose tabs can be killed at any step to the outside, with a network that comes and goes. */

import { serialize } from "node:v8";
import { IDBFactory } from "fake-indexeddb";
import { openDevice } from "../../../static/js/device/core/index.js";
import { NAME } from "../../../static/js/device/core/store.js";

const never = () => new Promise(() => null);

/** Burns with each step to the outside; at its end the tab is dead. */
class Fuse {
  constructor() {
    this.left = Number.POSITIVE_INFINITY;
    this.isDead = false;
    this.transactions = new Set();
    this.died = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  burn() {
    this.left -= 1;
    if (this.left <= 0 && !this.isDead) this.kill();
    return this.isDead;
  }

  kill() {
    this.isDead = true;
    for (const transaction of this.transactions) {
      try {
        transaction.abort(); // what wasn't committed is not there
      } catch {}
    }
    this.resolve("killed");
  }
}

class Killed extends Error {}

const counted =
  (fuse, work) =>
  async (...given) => {
    if (fuse.burn()) return never();
    const result = await work(...given);
    return fuse.burn() ? never() : result;
  };

/** WebCrypto whose calls burn the fuse. */
function cryptoOf(fuse) {
  const subtle = new Proxy(crypto.subtle, {
    get: (target, name) => counted(fuse, (...given) => target[name](...given)),
  });
  return { subtle, getRandomValues: (bytes) => crypto.getRandomValues(bytes), randomUUID: () => crypto.randomUUID() };
}

/** IndexedDB whose transactions burn the fuse, and are lost when the tab dies. */
function databaseOf(factory, fuse) {
  const wrapped = (database) =>
    new Proxy(database, {
      get(target, name) {
        if (name !== "transaction")
          return typeof target[name] === "function" ? target[name].bind(target) : target[name];
        return (...given) => {
          if (fuse.burn()) throw new Killed();
          const transaction = target.transaction(...given);
          fuse.transactions.add(transaction);
          const objectStore = transaction.objectStore.bind(transaction);
          transaction.objectStore = (table) => {
            if (fuse.burn()) throw new Killed();
            return objectStore(table);
          };
          return transaction;
        };
      },
      set: (target, name, value) => Reflect.set(target, name, value),
    });
  return {
    open(...given) {
      const request = factory.open(...given);
      return new Proxy(request, {
        get(target, name) {
          if (name === "result" && target.readyState === "done" && !target.transaction) return wrapped(target.result);
          return typeof target[name] === "function" ? target[name].bind(target) : target[name];
        },
        set: (target, name, value) => Reflect.set(target, name, value),
      });
    },
  };
}

/** Web Locks between the tabs of one phone. A dead tab's are free again. */
class Locks {
  constructor() {
    this.held = new Map();
  }

  of(fuse) {
    return {
      request: async (name, ...given) => {
        const work = given.pop();
        const isHeld = () => this.held.has(name) && !this.held.get(name).isDead;
        if (given[0]?.ifAvailable && isHeld()) return work(null);
        while (isHeld()) await new Promise((resolve) => setImmediate(resolve));
        if (fuse.isDead) return never();
        this.held.set(name, fuse);
        try {
          return await work({ name });
        } finally {
          if (this.held.get(name) === fuse) this.held.delete(name);
        }
      },
    };
  }
}

/** Quick, as the real one is slow: a test tries thousands. */
async function quickArgon2({ password, salt }) {
  const both = new Uint8Array([...password, ...salt]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", both));
}

export class Phone {
  constructor(service, now) {
    this.service = service;
    this.ahead = 0; // of the world's clock, in milliseconds
    this.now = () => now() + this.ahead;
    this.factory = new IDBFactory();
    this.locks = new Locks();
    this.isOnline = true;
    this.losesAnswers = 0;
    this.argon2 = quickArgon2;
    this.tabs = [];
    this.channels = new Set();
  }

  async openTab() {
    const fuse = new Fuse();
    const channel = {
      onmessage: null,
      close: () => this.channels.delete(channel),
      postMessage: (data) => {
        for (const other of this.channels) if (other !== channel && !fuse.isDead) other.onmessage?.({ data });
      },
    };
    this.channels.add(channel);
    fuse.died.then(() => this.channels.delete(channel));
    const device = await openDevice({
      indexedDB: databaseOf(this.factory, fuse),
      crypto: cryptoOf(fuse),
      fetch: counted(fuse, (path, init) => this.ask(path, init)),
      now: this.now,
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      argon2: this.argon2,
      locks: this.locks.of(fuse),
      channel,
      app: "test",
    });
    return { fuse, device };
  }

  async ask(path, init) {
    if (!this.isOnline) throw new TypeError("no network");
    const reply = await this.service.fetch(path, init);
    if (this.losesAnswers > 0) {
      this.losesAnswers -= 1;
      throw new TypeError("the answer was lost");
    }
    return reply;
  }

  /** {table: rows} of all that lies in the database. */
  async dump() {
    const database = await new Promise((resolve) => {
      const request = this.factory.open(NAME);
      request.onsuccess = () => resolve(request.result);
    });
    const found = {};
    for (const table of database.objectStoreNames) {
      const request = database.transaction(table).objectStore(table).getAll();
      found[table] = await new Promise((resolve) => {
        request.onsuccess = () => resolve(request.result);
      });
    }
    database.close();
    return found;
  }
}

/** Each way in which a text could lie in bytes: as it is, in UTF-16, and in base64 at each of three offsets. */
export function forms(text) {
  const plain = Buffer.from(text);
  const inBase64 = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), plain]).toString("base64");
    // Letters of six bits each that only the text decides: fewer of them stand by chance among what is sealed.
    return whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + plain.length) * 8) / 6));
  });
  return [plain, Buffer.from(text, "utf16le"), ...inBase64.map((each) => Buffer.from(each))];
}

/** The bytes of a dump. Keys can't be taken out, and are left out. */
export function bytesOf(dump) {
  const bare = (value) => {
    if (value instanceof CryptoKey) {
      if (value.extractable) throw new Error("a key that can be taken out");
      return null;
    }
    if (ArrayBuffer.isView(value) || value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map(bare);
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, bare(each)]));
  };
  return serialize(bare(dump));
}
