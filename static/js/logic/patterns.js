/**
 * The patterns of `matches`: the twin of case_forms/expressions/patterns.py (reading) and automata.py (matching). All the ways to
 * match are followed side by side, so the time grows with the text and never faster.
 */

import { LogicError } from "./limits.js";

const LONGEST_PATTERN = 1000;
const MAX_PARTS = 500;
const DEEPEST_GROUP = 20;
const LONGEST_TEXT = 1000;
const MAX_KEPT = 1000;

const LAST = 0x10ffff;
const CONTROLS = { n: 10, r: 13, t: 9 };
const PUNCTUATION = "^$\\.*+?()[]{}|/-";

/** Every character that isn't in these sorted ranges [[low, high], ...]. */
function outside(ranges) {
  const found = [];
  let start = 0;
  for (const [low, high] of ranges) {
    if (start < low) found.push([start, low - 1]);
    start = high + 1;
  }
  if (start <= LAST) found.push([start, LAST]);
  return found;
}

const DIGITS = [[48, 57]];
const WORD = [[48, 57], [65, 90], [95, 95], [97, 122]];
const BLANKS = [[9, 13], [32, 32]];
const ANYTHING = outside([[10, 10], [13, 13], [0x2028, 0x2029]]);
const CLASSES = { d: DIGITS, w: WORD, s: BLANKS, D: outside(DIGITS), W: outside(WORD), S: outside(BLANKS) };

function refuse(what) {
  throw new LogicError("bad_pattern", what);
}

/** The same characters as sorted ranges that don't touch. */
function merged(ranges) {
  const found = [];
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = found.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(high, last[1]);
    else found.push([low, high]);
  }
  return found;
}

/** Reads from left to right into {one}, {anchor}, {sequence}, {either} and {repeat, least, most}. */
class Reader {
  constructor(pattern) {
    this.text = Array.from(pattern);
    this.position = 0;
  }

  peek() {
    return this.text[this.position] ?? "";
  }

  take() {
    const sign = this.peek();
    this.position += 1;
    return sign;
  }

  either(depth) {
    if (depth > DEEPEST_GROUP) refuse("so many groups inside each other");
    const parts = [this.sequence(depth)];
    while (this.peek() === "|") {
      this.position += 1;
      parts.push(this.sequence(depth));
    }
    return parts.length === 1 ? parts[0] : { either: parts };
  }

  sequence(depth) {
    const parts = [];
    while (!["", "|", ")"].includes(this.peek())) parts.push(this.repeated(this.one(depth)));
    return parts.length === 1 ? parts[0] : { sequence: parts };
  }

  one(depth) {
    const sign = this.take();
    if (sign === "^" || sign === "$") return { anchor: sign };
    if (sign === ".") return { one: ANYTHING };
    if (sign === "[") return this.choice();
    if (sign === "(") return this.group(depth);
    if (sign === "\\") return { one: this.escaped() };
    if ("*+?{}]".includes(sign)) refuse("this sign here");
    return { one: [[sign.codePointAt(0), sign.codePointAt(0)]] };
  }

  group(depth) {
    if (this.peek() === "?") {
      if (this.text[this.position + 1] !== ":") refuse("a group that begins with (?");
      this.position += 2;
    }
    const inner = this.either(depth + 1);
    if (this.take() !== ")") refuse("a group that isn't closed");
    return inner;
  }

  repeated(part) {
    const sign = this.peek();
    if (!["*", "+", "?", "{"].includes(sign)) return part;
    if (part.anchor) refuse("a repeated ^ or $");
    this.position += 1;
    const [least, most] = sign === "{" ? this.counts() : { "*": [0, null], "+": [1, null], "?": [0, 1] }[sign];
    if (this.peek() === "?") this.position += 1;
    if (["*", "+", "?", "{"].includes(this.peek())) refuse("two repetitions in a row");
    return { repeat: part, least, most };
  }

  counts() {
    const least = this.number();
    let most = least;
    if (this.peek() === ",") {
      this.position += 1;
      most = this.peek() === "}" ? null : this.number();
    }
    if (this.take() !== "}") refuse("a { that isn't a number of times");
    if (most !== null && most < least) refuse("a number of times that goes down");
    return [least, most];
  }

  number() {
    let digits = "";
    while (/^[0-9]$/.test(this.peek())) digits += this.take();
    if (!digits || digits.length > 3) refuse("a { that isn't a number of times");
    return Number(digits);
  }

  escaped() {
    const sign = this.take();
    if (Object.hasOwn(CLASSES, sign)) return CLASSES[sign];
    if (Object.hasOwn(CONTROLS, sign)) return [[CONTROLS[sign], CONTROLS[sign]]];
    if (!sign || !PUNCTUATION.includes(sign)) refuse("this sign after a \\");
    return [[sign.codePointAt(0), sign.codePointAt(0)]];
  }

  choice() {
    const negated = this.peek() === "^";
    if (negated) this.position += 1;
    const found = [];
    while (this.peek() !== "]") {
      if (!this.peek()) refuse("a [ that isn't closed");
      const low = this.member();
      if (this.peek() === "-" && !["]", undefined].includes(this.text[this.position + 1])) {
        this.position += 1;
        found.push(this.range(low, this.member()));
      } else {
        found.push(...low);
      }
    }
    this.position += 1;
    if (!found.length) refuse("a [] with nothing in it");
    const ranges = merged(found.map((range) => [...range]));
    return { one: negated ? outside(ranges) : ranges };
  }

  member() {
    const sign = this.take();
    if (sign === "\\") return this.escaped();
    if (sign === "[") refuse("a [ inside of []");
    if (sign === "-" && !"[^".includes(this.text[this.position - 2]) && this.peek() !== "]") refuse("a - in the middle");
    return [[sign.codePointAt(0), sign.codePointAt(0)]];
  }

  range(low, high) {
    const [from, to] = [low[0][0], high[0][0]];
    if (low.length > 1 || high.length > 1 || from !== low[0][1] || to !== high[0][1]) refuse("a range of several");
    if (to < from) refuse("a range that goes down");
    return [from, to];
  }
}

/** How many parts the pattern has once each repetition is written out. */
function sizeOf(node) {
  const parts = node.sequence ?? node.either;
  if (parts) return parts.reduce((sum, part) => sum + sizeOf(part), 1);
  if (node.repeat) return 1 + sizeOf(node.repeat) * Math.max(node.most ?? 0, node.least + (node.most === null ? 1 : 0), 1);
  return 1;
}

function read(pattern) {
  const reader = new Reader(pattern);
  if (reader.text.length > LONGEST_PATTERN) refuse("a pattern is too long");
  const tree = reader.either(1);
  if (reader.position < reader.text.length) refuse("a ) that closes nothing");
  if (sizeOf(tree) > MAX_PARTS) refuse("a pattern stands for too many characters");
  return tree;
}

/** Where one may be in the pattern: the numbers of the reading places, sorted. */
class State {
  constructor(places, matched, matchedAtEnd) {
    Object.assign(this, { places, matched, matchedAtEnd, steps: new Map() });
  }
}

class Automaton {
  constructor(pattern) {
    const tree = read(pattern);
    this.cost = 1 + Math.floor(sizeOf(tree) / 50);
    this.reads = []; // {number, ranges, ways}
    const entry = this.place(tree, { end: true });
    this.first = this.state(entry, true);
    this.later = this.state(entry, false);
    this.follow = [];
    this.states = new Map();
    this.kept = 0;
  }

  place(node, then) {
    if (node.one) {
      const place = { number: this.reads.length, ranges: node.one, ways: [then] };
      this.reads.push(place);
      return place;
    }
    if (node.anchor) return { sign: node.anchor, ways: [then] };
    if (node.sequence) return node.sequence.reduceRight((after, part) => this.place(part, after), then);
    if (node.either) return { ways: node.either.map((part) => this.place(part, then)) };
    return this.repeat(node, then);
  }

  repeat(node, then) {
    let entry = then;
    if (node.most === null) {
      entry = { ways: [then] };
      entry.ways.push(this.place(node.repeat, entry));
    } else {
      for (let i = node.least; i < node.most; i += 1) entry = { ways: [this.place(node.repeat, entry), then] };
    }
    for (let i = 0; i < node.least; i += 1) entry = this.place(node.repeat, entry);
    return entry;
  }

  /** Everywhere one gets to from `entry` without reading a character. */
  state(entry, atStart) {
    const state = new State([], false, false);
    const ahead = [[entry, false]];
    const seen = [new Set(), new Set()]; // before an end that was asked for, and after it
    while (ahead.length) {
      const [place, atEnd] = ahead.pop();
      if (seen[Number(atEnd)].has(place)) continue;
      seen[Number(atEnd)].add(place);
      if (place.ranges) {
        if (!atEnd) state.places.push(place.number);
      } else if (place.end) {
        if (atEnd) state.matchedAtEnd = true;
        else state.matched = true;
      } else if (place.sign !== "^" || atStart) {
        for (const way of place.ways) ahead.push([way, atEnd || place.sign === "$"]);
      }
    }
    return state;
  }

  step(state, sign) {
    const code = sign.codePointAt(0);
    const reached = new Set(this.later.places);
    let { matched, matchedAtEnd } = this.later;
    for (const number of state.places) {
      const place = this.reads[number];
      if (!place.ranges.some(([low, high]) => low <= code && code <= high)) continue;
      this.follow[number] ??= this.state(place.ways[0], false);
      const follow = this.follow[number];
      for (const next of follow.places) reached.add(next);
      matched ||= follow.matched;
      matchedAtEnd ||= follow.matchedAtEnd;
    }
    if (this.kept >= MAX_KEPT) {
      this.states = new Map();
      this.kept = 0;
      this.first.steps = new Map();
    }
    const places = [...reached].sort((a, b) => a - b);
    const key = `${matched}${matchedAtEnd}${places}`;
    if (!this.states.has(key)) this.states.set(key, new State(places, matched, matchedAtEnd));
    const after = this.states.get(key);
    state.steps.set(sign, after);
    this.kept += 1;
    return after;
  }

  /** Whether any part of the text, an array of characters, matches. */
  finds(characters) {
    if (characters.length > LONGEST_TEXT) return false;
    let state = this.first;
    for (const sign of characters) {
      if (state.matched) return true;
      state = state.steps.get(sign) ?? this.step(state, sign);
    }
    return state.matched || state.matchedAtEnd;
  }
}

const automata = new Map();

/** Throws LogicError("bad_pattern"). */
export function automaton(pattern) {
  if (!automata.has(pattern)) {
    if (automata.size >= 128) automata.clear();
    automata.set(pattern, new Automaton(pattern));
  }
  return automata.get(pattern);
}
