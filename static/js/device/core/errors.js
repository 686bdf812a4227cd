/** What the core refuses, by a code that the pages put into words. A message never holds what was typed. */

export class DeviceError extends Error {
  /**
   * @param {"exists" | "none" | "locked" | "no-kdf" | "pin-short" | "pin-obvious" | "pin-same" | "pin-wrong" | "gone" |
   *   "changed" | "too-large" | "full" | "unreadable"} code
   */
  constructor(code) {
    super(code);
    this.name = "DeviceError";
    this.code = code;
  }
}

/** No answer of the service came: no network, a page of somebody else's network in between, or too late. */
export class Unreachable extends Error {
  constructor() {
    super("unreachable");
    this.name = "Unreachable";
  }
}
