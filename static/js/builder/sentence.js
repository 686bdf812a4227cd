/**
 * An expression read back as a sentence: the twin of case_forms/logic/explaining.py, with the same words (they come with
 * the catalogue). tests/browser/test_outline.py holds the two together on expressions made at random.
 */

const SAME_WORDS = { "===": "==", "!==": "!=", "?:": "if" };
const LOOPS = new Set(["map", "filter", "reduce", "all", "some", "none"]);
const MANY = new Set(["and", "or", "if", "?:", ...LOOPS]);

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const open = (expression) => Object.entries(expression)[0];
const argumentsOf = (given) => (Array.isArray(given) ? given : [given]);
const upper = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

/**
 * {labels, values, language, words}: `labels` names variables by key, `values` their values, `words` the words of all
 * languages. Throws for what isn't in the language.
 */
export function explain(expression, { labels = {}, values = {}, language = "sq", words }) {
  return `${upper(new Reader(labels, values, words[language] ?? words.sq).condition(expression))}.`;
}

const own = (holder, name) => (Object.hasOwn(holder, name) ? holder[name] : undefined);

class Reader {
  constructor(labels, values, words) {
    this.labels = labels;
    this.values = values;
    this.words = words;
  }

  word(name) {
    const found = own(this.words, name);
    if (found === undefined) throw new RangeError(`no words for ${name}`);
    return found;
  }

  say(name, ...parts) {
    return this.word(name).replace(/\{(\d)\}/g, (_, index) => parts[Number(index)] ?? "");
  }

  condition(expression) {
    if (typeof expression === "boolean") return this.word(expression ? "always" : "never");
    if (isObject(expression)) {
      const [operator, given] = open(expression);
      const inner = argumentsOf(given);
      if (operator === "!!") return this.condition(inner[0]);
      if (operator === "var") return this.say("is_true", this.variable(inner.length ? inner[0] : ""));
    }
    return this.value(expression);
  }

  value(expression, of = "") {
    if (Array.isArray(expression)) return expression.map((part) => this.value(part, of)).join(", ") || this.word("nothing");
    if (!isObject(expression)) return this.constant(expression, of);
    const [operator, given] = open(expression);
    return this.operation(SAME_WORDS[operator] ?? operator, argumentsOf(given));
  }

  constant(value, of) {
    const named = typeof value === "string" ? own(own(this.values, of) ?? {}, value) : undefined;
    if (named !== undefined) return this.say("quote", named);
    if (typeof value === "boolean") return this.word(value ? "yes" : "no");
    if (typeof value === "number") return String(value);
    return value || this.word("nothing");
  }

  variable(name) {
    if (typeof name === "object" && name !== null) return this.value(name);
    const key = name === null ? "" : String(name);
    const [first, ...others] = key.split(".");
    const rest = others.join(".");
    if (!key) return this.word("entry");
    const label = own(this.labels, key) ?? (own(this.labels, first) === undefined ? undefined : (own(this.labels, rest) || this.labels[first]));
    if (label !== undefined) return this.say("quote", label);
    if (first === "choice" && rest) return rest === "value" ? this.word("choice") : this.say("choice_part", rest);
    if (first === "current" || first === "accumulator") return rest ? this.variable(rest) : this.word(first);
    return key.startsWith("_") ? (own(this.words, key) ?? key) : this.say("quote", key);
  }

  operation(operator, parts) {
    const special = own(SPECIAL, operator);
    return special ? special(this, operator, parts) : this.say(operator, ...parts.map((part) => this.value(part)));
  }
}

function joined(reader, operator, parts) {
  const said = parts.map((part) => {
    const words = reader.condition(part);
    return isObject(part) && MANY.has(open(part)[0]) && parts.length > 1 ? `(${words})` : words;
  });
  return said.join(reader.word(operator));
}

function compared(reader, operator, parts) {
  if (parts.length === 3) return reader.say(operator === "<" ? "between" : "within", ...parts.map((part) => reader.value(part)));
  const [left, right] = parts;
  if (["==", "!="].includes(operator) && (left === null || right === null)) {
    return reader.say(operator === "==" ? "unanswered" : "answered", reader.value(right === null ? left : right));
  }
  return reader.say(operator, reader.value(left, variableIn(right)), reader.value(right, variableIn(left)));
}

function negated(reader, _operator, [inner]) {
  if (isObject(inner)) {
    const [name, given] = open(inner);
    const keys = argumentsOf(given);
    if (name === "answered" && keys.length === 1) return reader.say("unanswered", reader.variable(keys[0]));
  }
  return reader.say("not", reader.condition(inner));
}

function answered(reader, _operator, keys) {
  if (keys.length === 1) return reader.say("answered", reader.variable(keys[0]));
  return reader.say("all_answered", keys.map((key) => reader.variable(key)).join(", "));
}

function missing(reader, _operator, parts) {
  const keys = Array.isArray(parts[0]) ? parts[0] : parts;
  return reader.say("missing", keys.map((key) => reader.variable(key)).join(", "));
}

function missingSome(reader, _operator, [count, given]) {
  return reader.say("missing_some", reader.value(count), argumentsOf(given).map((key) => reader.variable(key)).join(", "));
}

function contained(reader, _operator, [needle, haystack]) {
  if (Array.isArray(haystack)) return reader.say("one_of", reader.value(needle), reader.value(haystack, variableIn(needle)));
  return reader.say("includes", reader.value(needle, variableIn(haystack)), reader.value(haystack));
}

function chosen(reader, _operator, parts) {
  if (parts.length < 2) return parts.length ? reader.value(parts[0]) : reader.word("nothing");
  let text = "";
  for (let index = 0; index < parts.length - 1; index += 2) {
    text += reader.say(text ? "else_if" : "if", reader.condition(parts[index]), reader.value(parts[index + 1]));
  }
  return text + (parts.length % 2 ? reader.say("else", reader.value(parts.at(-1))) : "");
}

function chained(reader, operator, parts) {
  if (parts.length === 1) return operator === "-" ? reader.say("negative", reader.value(parts[0])) : reader.value(parts[0]);
  return parts.map((part) => reader.value(part)).reduce((text, part) => reader.say(operator, text, part));
}

const listed = (reader, operator, parts) => reader.say(operator, parts.map((part) => reader.value(part)).join(", "));

function counted(reader, _operator, [list]) {
  const rows = rowsOf(list);
  if (!rows?.where) return reader.say("count", reader.value(list));
  return reader.say("count_where", reader.value(rows.list), reader.condition(rows.where.condition));
}

function summed(reader, _operator, [summand]) {
  const [name, parts] = opened(summand);
  const rows = name === "map" && parts.length === 2 ? rowsOf(parts[0]) : null;
  if (!rows) return reader.say("sum", reader.value(summand));
  if (!rows.where) return reader.say("sum_of", reader.value(parts[1]), reader.value(rows.list));
  return reader.say("sum_where", reader.value(parts[1]), reader.value(rows.list), reader.condition(rows.where.condition));
}

/** A list that is a variable, and which of its rows are meant (where: null for all); null for other lists. */
function rowsOf(expression) {
  const [operator, parts] = opened(expression);
  if (operator === "var") return { list: expression, where: null };
  const isFilter = operator === "filter" && parts.length === 2 && opened(parts[0])[0] === "var";
  return isFilter ? { list: parts[0], where: { condition: parts[1] } } : null;
}

const opened = (expression) => (isObject(expression) ? [open(expression)[0], argumentsOf(open(expression)[1])] : ["", []]);

const matched = (reader, _operator, [text, pattern]) => reader.say("matches", reader.value(text), reader.say("quote", String(pattern)));

function separated(reader, _operator, [list, separator]) {
  return reader.say("join", reader.value(list), typeof separator === "string" ? reader.say("quote", separator) : reader.value(separator));
}

const rounded = (reader, _operator, parts) => reader.say(parts.length > 1 ? "round_to" : "round", ...parts.map((part) => reader.value(part)));

function dayApart(reader, _operator, [date, days]) {
  const day = reader.value(date);
  if (days === 1 || days === -1) return reader.say(days === 1 ? "day_after" : "day_before", day);
  if (typeof days === "number" && days < 0) return reader.say("days_before", day, String(-days));
  return reader.say("add_days", day, reader.value(days));
}

const partOfDate = (reader, _operator, [part, date]) => reader.say(`part_${part}`, reader.value(date));

function looped(reader, operator, [list, body, ...rest]) {
  const said = operator === "map" || operator === "reduce" ? reader.value(body) : reader.condition(body);
  return reader.say(operator, reader.value(list), said, ...rest.map((part) => reader.value(part)));
}

/** The key of an expression that is just a variable, else "". */
function variableIn(expression) {
  if (!isObject(expression) || open(expression)[0] !== "var") return "";
  const [name] = argumentsOf(expression.var);
  return typeof name === "string" ? name.slice(name.lastIndexOf(".") + 1) : "";
}

const SPECIAL = {
  var: (reader, _operator, parts) => reader.variable(parts.length ? parts[0] : ""),
  and: joined,
  or: joined,
  "==": compared,
  "!=": compared,
  "<": compared,
  "<=": compared,
  ">": compared,
  ">=": compared,
  "!": negated,
  "!!": (reader, _operator, parts) => reader.condition(parts[0]),
  answered,
  missing,
  missing_some: missingSome,
  in: contained,
  if: chosen,
  "+": chained,
  "-": chained,
  "*": chained,
  min: listed,
  max: listed,
  cat: listed,
  coalesce: listed,
  count: counted,
  sum: summed,
  matches: matched,
  join: separated,
  round: rounded,
  add_days: dayApart,
  date_part: partOfDate,
  merge: listed,
  substr: listed,
  ...Object.fromEntries([...LOOPS].map((name) => [name, looped])),
};
