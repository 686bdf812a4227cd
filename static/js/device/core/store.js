/**
 * The phone's database: its tables, and transactions that happen whole or not at all. Inside one, nothing is awaited but
 * its own requests: anything else would let the browser end it early.
 */

import { DeviceError } from "./errors.js";

export const NAME = "vatra-device";
const VERSION = 1;
/** Each with the member that its records are found by. */
const TABLES = {
  meta: "id", // in clear: what the phone is, when it was seen, how many tries
  keys: "id", // keys that don't leave, and the slots
  remains: "device", // of a device whose keys went: what sends the rest
  drafts: "id", // sealed under the draft key
  files: "id", // one of a draft or of a finished form
  chunks: ["file", "at"], // a file's bytes under the draft key
  parts: ["file", "at"], // the same file sealed to the service
  queue: "id", // finished: sealed to the service
  pack: "id", // sealed under the draft key
};

/**
 * What can't be asked any more, because the transaction has ended, rejects as well: who asks several things at once
 * hears of it once, by the first.
 *
 * @template T
 * @param {() => IDBRequest<T>} ask
 * @returns {Promise<T>}
 */
function settled(ask) {
  return new Promise((resolve, reject) => {
    const request = ask();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** The requests of one transaction. */
export class Requests {
  /** @param {IDBTransaction} transaction */
  constructor(transaction) {
    this.transaction = transaction;
  }

  /** @template {keyof Tables} N @param {N} table @param {IDBValidKey} id @returns {Promise<Tables[N] | undefined>} */
  get(table, id) {
    return settled(() => this.transaction.objectStore(table).get(id));
  }

  /** @template {keyof Tables} N @param {N} table @returns {Promise<Tables[N][]>} */
  all(table) {
    return settled(() => this.transaction.objectStore(table).getAll());
  }

  /** @template {keyof Tables} N @param {N} table @param {Tables[N]} record */
  put(table, record) {
    return settled(() => this.transaction.objectStore(table).put(record));
  }

  /** @param {keyof Tables} table @param {IDBValidKey} id */
  remove(table, id) {
    return settled(() => this.transaction.objectStore(table).delete(id));
  }

  /** @param {keyof Tables} table */
  clear(table) {
    return settled(() => this.transaction.objectStore(table).clear());
  }
}

export class Store {
  /**
   * @param {IDBFactory} indexedDB
   * @param {IDBDatabase} database
   */
  constructor(indexedDB, database) {
    this.indexedDB = indexedDB;
    this.database = database;
    this.use(database);
  }

  /** @param {IDBFactory} indexedDB */
  static async open(indexedDB) {
    return new Store(indexedDB, await connect(indexedDB));
  }

  /** @param {IDBDatabase} database */
  use(database) {
    this.database = database;
    database.onversionchange = () => database.close(); // a newer page of ours waits to change the tables
  }

  /**
   * One transaction. What `work` returns is returned once it is stored; when it throws, nothing of it is.
   *
   * @template T
   * @param {(keyof Tables)[]} tables
   * @param {"readonly" | "readwrite"} mode
   * @param {(requests: DeviceRequests) => Promise<T>} work
   * @param {{ strict?: boolean }} [options] strict: on the disk before it counts as stored
   * @returns {Promise<T>}
   */
  async run(tables, mode, work, { strict = false } = {}) {
    const transaction = await this.begin(tables, mode, strict);
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(undefined);
      transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
    });
    ended.catch(() => null); // what `work` threw says more
    try {
      const result = await work(new Requests(transaction));
      await ended;
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {} // it had ended already
      const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
      throw isFull ? new DeviceError("full") : error;
    }
  }

  /**
   * @param {(keyof Tables)[]} tables
   * @param {"readonly" | "readwrite"} mode
   * @param {boolean} strict
   */
  async begin(tables, mode, strict) {
    const durability = strict ? "strict" : "relaxed";
    try {
      return this.database.transaction(tables, mode, { durability });
    } catch (error) {
      // Phones close a connection that lay idle in the background: a new one goes on.
      if (!(error instanceof DOMException && error.name === "InvalidStateError")) throw error;
      this.use(await connect(this.indexedDB));
      return this.database.transaction(tables, mode, { durability });
    }
  }

  /** @template {keyof Tables} N @param {N} table @param {IDBValidKey} id */
  get(table, id) {
    return this.run([table], "readonly", (requests) => requests.get(table, id));
  }

  /** @template {keyof Tables} N @param {N} table */
  all(table) {
    return this.run([table], "readonly", (requests) => requests.all(table));
  }

  close() {
    this.database.close();
  }
}

/** @param {IDBFactory} indexedDB @returns {Promise<IDBDatabase>} */
function connect(indexedDB) {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    for (const [table, keyPath] of Object.entries(TABLES)) request.result.createObjectStore(table, { keyPath });
  };
  return settled(() => request);
}
