/** What the server hasn't taken yet of an outline's changes, in the order they were made. */

/**
 * JSON with the keys of every object sorted, to compare by.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(",")}}`;
}

const REMEMBERED = 8;

export class Unsent {
  /**
   * @param {OutlineHandle} outline
   * @param {string} base
   */
  constructor(outline, base) {
    this.outline = outline;
    this.base = base;
    /** @type {Operation[]} */
    this.changes = [];
    this.whole = false; // send the definition, not the changes
    /** @type {Sending[]} */
    this.sendings = []; // since the last one that was answered: how many changes, and the definition they make
  }

  gather() {
    this.changes.push(...this.outline.changes());
    this.outline.mark();
  }

  /** Whether there is anything the server doesn't have. */
  get waits() {
    this.gather();
    return this.whole || this.changes.length > 0;
  }

  payload() {
    this.gather();
    const definition = this.outline.definition();
    this.sendings = [...this.sendings, { count: this.changes.length, definition }].slice(-REMEMBERED);
    return JSON.stringify(this.whole ? { base: this.base, definition } : { base: this.base, changes: this.changes });
  }

  /**
   * The server has what was sent last, or in the given sending; its answer names the new base.
   *
   * @param {string} base
   * @param {Sending} [sending]
   */
  taken(base, sending = this.sendings.at(-1)) {
    this.base = base;
    this.changes = this.changes.slice(sending?.count ?? 0);
    this.whole = false;
    this.sendings = [];
  }

  /**
   * The sending whose answer was lost, when the server turns out to have what it held.
   *
   * @param {Definition} definition
   */
  lost(definition) {
    const text = canonical(definition);
    return this.sendings.findLast((sending) => canonical(sending.definition) === text);
  }

  /** Whether it makes sense to try again with the whole definition; false when that was just refused. */
  sendWhole() {
    if (this.whole) return false;
    this.whole = true;
    return true;
  }

  /**
   * Everything of ours over what stands at this base.
   *
   * @param {string} base
   */
  replace(base) {
    this.base = base;
    this.whole = true;
    this.sendings = [];
  }
}
