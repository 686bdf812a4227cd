/**
 * An expression read back as a sentence: the twin of case_forms/expressions/explain, with the same words (they come with
 * the catalogue). tests/browser/test_outline_model.py holds the two together on expressions made at random.
 */

import { isObject, MOMENT, opened, own, PHRASES, SEVERAL, TIME } from "./phrases.js";

/** @type {Record<string, string>} */
const SAME_WORDS = { "===": "==", "!==": "!=", "?:": "if" };
const DAYS = ["_today", "_occurred_on", "_now"];

/** @param {string} text */
const upper = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

/**
 * {labels, values, days, language, words}: `labels` names variables by key, `values` their values, `days` are the keys
 * of dates and times, `words` the words of all languages, the default one first. Throws for what isn't in the language.
 *
 * @param {Expression} expression
 * @param {{
 *   labels?: Record<string, string>,
 *   values?: Record<string, Record<string, string>>,
 *   days?: string[],
 *   language?: string,
 *   words: Record<string, Record<string, string>>,
 * }} options
 */
export function explain(expression, { labels = {}, values = {}, days = [], language = "", words }) {
  return `${upper(new Reader(labels, values, days, words[language] ?? Object.values(words)[0]).condition(expression))}.`;
}

export class Reader {
  /**
   * @param {Record<string, string>} labels
   * @param {Record<string, Record<string, string>>} values
   * @param {string[]} days
   * @param {Record<string, string>} words
   */
  constructor(labels, values, days, words) {
    this.labels = labels;
    this.values = values;
    this.words = words;
    this.entry = "";
    this.days = new Set([...DAYS, ...days]);
  }

  /** @param {string} name */
  word(name) {
    const found = own(this.words, name);
    if (found === undefined) throw new RangeError(`no words for ${name}`);
    return found;
  }

  /**
   * @param {string} name
   * @param {...string} parts
   */
  say(name, ...parts) {
    return this.word(name).replace(/\{(\d)\}/g, (_, index) => parts[Number(index)] ?? "");
  }

  /**
   * @param {Expression} expression
   * @returns {string}
   */
  condition(expression) {
    if (typeof expression === "boolean") return this.word(expression ? "always" : "never");
    const [operator, parts] = opened(expression);
    if (operator === "!!") return this.condition(parts[0]);
    if (operator === "var") return this.say("is_true", this.variable(parts.length ? parts[0] : ""));
    return this.value(expression);
  }

  /**
   * A condition within a sentence, in brackets when it has several parts.
   *
   * @param {Expression} expression
   */
  enclosed(expression) {
    const said = this.condition(expression);
    return SEVERAL.has(opened(expression)[0]) ? `(${said})` : said;
  }

  /**
   * @param {Expression | undefined} expression
   * @param {string} [of] the key of what it is compared with
   * @returns {string}
   */
  value(expression, of = "") {
    if (Array.isArray(expression))
      return expression.map((part) => this.value(part, of)).join(", ") || this.word("nothing");
    if (!isObject(expression)) return this.constant(expression ?? null, of);
    const [written, parts] = opened(expression);
    const operator = SAME_WORDS[written] ?? written;
    const phrase = own(PHRASES, operator);
    return phrase ? phrase(this, operator, parts) : this.say(operator, ...parts.map((part) => this.value(part)));
  }

  /**
   * @param {string | number | boolean | null} value
   * @param {string} of
   */
  constant(value, of) {
    if (typeof value === "boolean") return this.word(value ? "yes" : "no");
    if (typeof value === "number") return this.number(value);
    if (!value) return this.word("nothing");
    const named = own(own(this.values, of) ?? {}, value);
    if (named !== undefined) return this.say("quote", named);
    return TIME.test(value) ? value : this.day(value) || this.say("quote", value);
  }

  /** @param {Json} value */
  number(value) {
    return String(value).replace(".", this.word("point"));
  }

  /**
   * A date or moment as people write it, "" for any other text.
   *
   * @param {string} value
   */
  day(value) {
    const found = MOMENT.exec(value);
    const month = found && this.word("months").split(" ")[Number(found[2]) - 1];
    if (!month) return "";
    const written = this.say("date", String(Number(found[3])), month, found[1]);
    return found[4] ? this.say("moment", written, found[4]) : written;
  }

  /**
   * @param {Expression} name
   * @returns {string}
   */
  variable(name) {
    if (typeof name === "object" && name !== null) return this.value(name);
    const key = name === null ? "" : String(name);
    const [first, ...others] = key.split(".");
    const rest = others.join(".");
    if (!key) return this.word("entry");
    const label =
      own(this.labels, key) ??
      (own(this.labels, first) === undefined ? undefined : own(this.labels, rest) || this.labels[first]);
    if (label !== undefined) return this.say("quote", label);
    if (first === "choice" && rest) return rest === "value" ? this.word("choice") : this.say("choice_part", rest);
    if (first === "current" || first === "accumulator") return rest ? this.variable(rest) : this.word(first);
    return key.startsWith("_") ? (own(this.words, key) ?? key) : this.say("quote", key);
  }

  /**
   * The key of an expression that is just a variable, else ""; of an entry, the list's.
   *
   * @param {Expression} expression
   */
  variableIn(expression) {
    const [operator, [name] = []] = opened(expression);
    if (operator !== "var" || typeof name !== "string") return "";
    return name.slice(name.lastIndexOf(".") + 1) || this.entry;
  }

  /** @param {Expression} expression */
  hasValues(expression) {
    return own(this.values, this.variableIn(expression)) !== undefined;
  }

  /**
   * Whether this is known to be a date, a moment or a time of day.
   *
   * @param {Expression} expression
   */
  isDay(expression) {
    if (typeof expression === "string") return MOMENT.test(expression) || TIME.test(expression);
    const [operator, parts] = opened(expression);
    return operator === "var"
      ? typeof parts[0] === "string" && this.days.has(parts[0])
      : operator === "today" || operator === "add_days";
  }
}
