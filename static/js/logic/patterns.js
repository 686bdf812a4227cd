/**
 * The patterns of `matches`: the twin of case_forms/expressions/patterns.py, with the same syntax, matched by the browser's
 * own RegExp. RegExp goes back in a text and tries again, which some patterns make endless: how many steps a pattern
 * may take is counted beforehand, and a text that could take too many is left to the server.
 */

import { LogicError } from "./limits.js";

const MAX_PATTERN = 1000;
const MAX_PARTS = 500;
const MAX_DEPTH = 20;
export const MAX_TEXT = 1000;
const MAX_STEPS = 5_000_000; // some hundredths of a second

const SIGN = String.raw`\\[nrt^$\\.*+?()\[\]{}|\/\-]`; // one character that a backslash stands before
const MEMBER = String.raw`(?:${SIGN}|[^\\\[\]\-])`;
const TO = String.raw`(?:-(?:${MEMBER}|-(?=\])))`; // up to another character; a - only where the set ends
const TOKEN = new RegExp(
  [
    String.raw`(?<times>(?:[*+?]|\{(?<least>[0-9]{1,3})(?:(?<comma>,)(?<most>[0-9]{1,3})?)?\})\??)`,
    String.raw`(?<open>\((?:\?:|(?!\?)))`,
    String.raw`(?<close>\))`,
    String.raw`(?<bar>\|)`,
    String.raw`(?<anchor>[\^$])`,
    String.raw`(?<set>\[(?:\^|(?!\^))(?!\])(?:-${TO}?)?(?:\\[dwsDWS]|${MEMBER}${TO}?)*-?\])`,
    String.raw`(?<one>\\[dwsDWS]|${SIGN}|[^\\*+?()\[\]\{\}\|])`,
  ].join("|"),
  "uy",
);

// What RegExp means otherwise: its \s has blanks beyond ASCII, and \- stands in sets only.
/** @type {Record<string, string>} */
const ONE = { "\\s": "[\\t-\\r ]", "\\S": "[^\\t-\\r ]", "\\-": "-" };
/** @type {Record<string, string>} */
const IN_SET = { "\\s": "\\t-\\r ", "\\S": "\\0-\\x08\\x0e-\\x1f!-\\u{10ffff}" };

/**
 * A part of a pattern: a character, set or anchor (`sign`: "^", "$" or ""); a group (`ways`, each a sequence of
 * parts); or another part, `least` to `most` times. `size`: how many characters it stands for once repetitions are
 * written out.
 * @typedef {{size: number, sign?: string, ways?: Part[][], part?: Part, least?: number, most?: number}} Part
 */

/**
 * @param {string} what
 * @returns {never}
 */
function refuse(what) {
  throw new LogicError("bad_pattern", what);
}

/**
 * The pattern as RegExp writes it, and as a tree. Throws LogicError("bad_pattern").
 * @param {string} pattern
 * @returns {{written: string, tree: Part}}
 */
function read(pattern) {
  if (Array.from(pattern).length > MAX_PATTERN) refuse("a pattern is too long");
  /** @type {Part[][][]} */
  const groups = [[[]]]; // the ways of each open group, the outermost first
  let written = "";
  let canRepeat = false;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < pattern.length) {
    const token = TOKEN.exec(pattern)?.groups ?? refuse("this sign here");
    const ways = groups[groups.length - 1];
    const parts = ways[ways.length - 1];
    if (token.times) {
      if (!canRepeat) refuse("a repetition of nothing");
      parts.push(repeated(/** @type {Part} */ (parts.pop()), token));
    } else if (token.open) {
      if (groups.length === MAX_DEPTH) refuse("so many groups inside each other");
      groups.push([[]]);
    } else if (token.close) {
      if (groups.length === 1) refuse("a ) that closes nothing");
      groups.pop();
      groups.at(-1)?.at(-1)?.push(group(ways));
    } else if (token.bar) {
      ways.push([]);
    } else {
      parts.push({ size: 1, sign: token.anchor ?? "" });
    }
    canRepeat = Boolean(token.close ?? token.set ?? token.one);
    written += translated(token);
  }
  if (groups.length > 1) refuse("a group that isn't closed");
  const tree = group(groups[0]);
  if (tree.size > MAX_PARTS) refuse("a pattern stands for too many characters");
  return { written, tree };
}

/** @param {Record<string, string>} token */
function translated({ times, open, close, bar, anchor, set, one }) {
  if (set) return set.replace(/\\./gsu, (escaped) => IN_SET[escaped] ?? escaped);
  return one ? (ONE[one] ?? one) : (times ?? open ?? close ?? bar ?? anchor);
}

/**
 * @param {Part[][]} ways
 * @returns {Part}
 */
function group(ways) {
  return {
    size: Math.max(
      1,
      ways.flat().reduce((sum, part) => sum + part.size, 0),
    ),
    ways,
  };
}

/**
 * @param {Part} part
 * @param {Record<string, string>} token
 * @returns {Part}
 */
function repeated(part, { times, least, comma, most }) {
  const sign = times[0];
  const fewest = sign === "{" ? Number(least) : Number(sign === "+");
  const greatest = sign === "{" ? (comma ? Number(most ?? Infinity) : fewest) : sign === "?" ? 1 : Infinity;
  const writtenOut = Math.max(greatest === Infinity ? fewest + 1 : greatest, fewest, 1);
  return { size: 1 + part.size * writtenOut, part, least: fewest, most: greatest };
}

/**
 * How many steps RegExp takes at most over any text of so many characters; it isn't counted on beyond MAX_STEPS.
 * All ways of matching are counted, whichever characters there are: `paths[i]` of them have come to character i.
 * @param {Part} tree
 * @param {number} length
 */
function stepsOver(tree, length) {
  let steps = 0;
  /** @type {(part: Part, paths: Float64Array) => Float64Array} */
  const through = (part, paths) => {
    steps += length + sum(paths); // the length, so that counting itself ends soon
    if (steps > MAX_STEPS) return paths;
    if (part.part) return again(part.part, part.least ?? 0, part.most ?? Infinity, paths);
    if (part.ways)
      return part.ways.map((way) => way.reduce((before, each) => through(each, before), paths)).reduce(plus);
    const after = new Float64Array(length + 1);
    if (part.sign === "^") after[0] = paths[0];
    else if (part.sign === "$") after[length] = paths[length];
    else after.set(paths.subarray(0, length), 1);
    return after;
  };
  /** @type {(part: Part, least: number, most: number, paths: Float64Array) => Float64Array} */
  const again = (part, least, most, paths) => {
    let found = least ? new Float64Array(length + 1) : paths;
    const end = Math.min(most, least + length); // beyond `least` RegExp goes on only where something was read
    for (let time = 1; time <= end && steps <= MAX_STEPS && sum(paths) > 0; time += 1) {
      paths = through(part, paths);
      if (time >= least) found = plus(found, paths);
    }
    return found;
  };
  through(tree, new Float64Array(length + 1).fill(1)); // a match may begin at any character
  return steps;
}

/** @param {Float64Array} paths */
function sum(paths) {
  let total = 0;
  for (const here of paths) total += here;
  return total;
}

/** @type {(some: Float64Array, others: Float64Array) => Float64Array} */
const plus = (some, others) => some.map((here, at) => here + others[at]);

/** One pattern. `cost` is what a look at one character counts in steps. */
class Pattern {
  /** @param {string} pattern */
  constructor(pattern) {
    const { written, tree } = read(pattern);
    this.tree = tree;
    this.cost = 1 + Math.floor(tree.size / 50);
    this.safe = -1; // the longest text that is known to be quick, in characters
    this.unsafe = MAX_TEXT + 1; // the shortest that isn't
    try {
      this.compiled = new RegExp(written, "u");
    } catch {
      refuse("a range or a number of times that goes down");
    }
  }

  /**
   * Whether RegExp is quick over any text of so many characters.
   * @param {number} length
   */
  isQuick(length) {
    for (const tried of [Math.min(length * 2, MAX_TEXT), length]) {
      if (length <= this.safe || length >= this.unsafe) break;
      if (stepsOver(this.tree, tried) <= MAX_STEPS) this.safe = tried;
      else this.unsafe = tried;
    }
    return length <= this.safe;
  }

  /**
   * Whether any part of the text matches. Throws LogicError("left_to_server") for a text that could take too long.
   * @param {string} text
   * @param {number} length in characters
   */
  finds(text, length) {
    if (length > MAX_TEXT) return false;
    if (!this.isQuick(length)) throw new LogicError("left_to_server", "only the server matches this pattern and text");
    return this.compiled.test(text);
  }
}

/** @type {Map<string, Pattern>} */
const patterns = new Map();

/**
 * The compiled pattern, kept. Throws LogicError("bad_pattern").
 * @param {string} text
 */
export function getPattern(text) {
  const known = patterns.get(text);
  if (known) return known;
  const made = new Pattern(text);
  if (patterns.size >= 128) patterns.clear();
  patterns.set(text, made);
  return made;
}
