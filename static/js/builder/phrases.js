/** Operators whose words depend on what they are applied to, read back. The twin of case_forms/expressions/phrases.py. */

const LOOPS = ["map", "filter", "reduce", "all", "some", "none"];
const OPPOSITES = { "==": "!=", "!=": "==", "===": "!=", "!==": "==", some: "none", none: "some" };
const AMOUNTS = { "==": "exactly", "<": "fewer_than", "<=": "at_most", ">": "more_than", ">=": "at_least" };
const ASKING = ["some", "all", "none"];

export const MOMENT = /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}:[0-9]{2})(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?$/;
export const TIME = /^[0-9]{2}:[0-9]{2}$/;
export const SEVERAL = new Set(["and", "or", "if", "?:", ...LOOPS]);

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const own = (holder, name) => (Object.hasOwn(holder, name) ? holder[name] : undefined);

/** The operator and its arguments; ["", []] of what is no operation. */
export function opened(expression) {
  if (!isObject(expression)) return ["", []];
  const [operator, given] = Object.entries(expression)[0];
  return [operator, Array.isArray(given) ? given : [given]];
}

const isEntry = (expression) => isObject(expression) && Object.keys(expression).length === 1 && expression.var === "";

function joined(reader, operator, parts) {
  const said = parts.map((part) => (parts.length === 1 ? reader.condition(part) : reader.enclosed(part)));
  return said.join(reader.word(operator));
}

function compared(reader, operator, parts) {
  const areDays = !["==", "!="].includes(operator) && parts.some((part) => reader.isDay(part));
  if (parts.length === 3) {
    const word = operator === "<=" ? "within" : areDays ? "between_days" : "between";
    return reader.say(word, ...parts.map((part) => reader.value(part)));
  }
  const [left, right] = parts;
  if (["==", "!="].includes(operator) && (left === null || right === null)) {
    return reader.say(operator === "==" ? "unanswered" : "answered", reader.value(right === null ? left : right));
  }
  const said = amount(reader, operator, left, right);
  if (said) return said;
  return reader.say(areDays ? `day${operator}` : operator, reader.value(left, reader.variableIn(right)), reader.value(right, reader.variableIn(left)));
}

/** "It has at least 2 rows" for the number of a variable's rows beside a constant, else "". */
function amount(reader, written, counted, number) {
  const [name, parts] = opened(counted);
  const rows = name === "count" ? rowsOf(parts[0]) : null;
  if (!rows || typeof number !== "number" || !Object.hasOwn(AMOUNTS, written)) return "";
  const [operator, count] = written === ">" && number === 0 ? [">=", 1] : [written, number];
  const noun = rows.where ? "row" : reader.hasValues(rows.list) ? "choice" : "entry";
  const said = reader.say(AMOUNTS[operator], reader.number(count), reader.word(`${count === 1 ? "one" : "several"}_${noun}`));
  if (!rows.where) return reader.say("has", reader.value(rows.list), said);
  return reader.say("has_where", reader.value(rows.list), said, within(reader, rows.list, rows.where.condition));
}

/** A condition on the entries of a list. */
function within(reader, list, condition) {
  const outer = reader.entry;
  reader.entry = reader.variableIn(list);
  const said = reader.enclosed(condition);
  reader.entry = outer;
  return said;
}

function negated(reader, _operator, [inner]) {
  const [name, parts] = opened(inner);
  if (Object.hasOwn(OPPOSITES, name)) return reader.value({ [OPPOSITES[name]]: parts });
  if (name === "answered" && parts.length === 1) return reader.say("unanswered", reader.variable(parts[0]));
  if (name === "in") return contained(reader, "not_in", parts);
  if (name === "matches") return matched(reader, "not_matches", parts);
  if (name === "or") return reader.say("none_of", parts.map((part) => reader.condition(part)).join("; "));
  return reader.say("not", reader.enclosed(inner));
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
  const keys = Array.isArray(given) ? given : [given];
  return reader.say("missing_some", reader.value(count), keys.map((key) => reader.variable(key)).join(", "));
}

/** in, and "not_in". */
function contained(reader, operator, [needle, haystack]) {
  const isNot = operator === "not_in";
  if (Array.isArray(haystack)) {
    return reader.say(isNot ? "none_among" : "one_of", reader.value(needle), reader.value(haystack, reader.variableIn(needle)));
  }
  return reader.say(isNot ? "excludes" : "includes", reader.value(needle, reader.variableIn(haystack)), reader.value(haystack));
}

function chosen(reader, _operator, parts) {
  if (parts.length < 2) return parts.length ? reader.value(parts[0]) : reader.word("nothing");
  let said = "";
  for (let index = 0; index < parts.length - 1; index += 2) {
    said += reader.say(said ? "else_if" : "if", reader.condition(parts[index]), reader.value(parts[index + 1]));
  }
  return said + (parts.length % 2 ? reader.say("else", reader.value(parts.at(-1))) : "");
}

function chained(reader, operator, parts) {
  if (parts.length === 1) return operator === "-" ? reader.say("negative", reader.value(parts[0])) : reader.value(parts[0]);
  return parts.map((part) => reader.value(part)).reduce((said, part) => reader.say(operator, said, part));
}

const listed = (reader, operator, parts) => reader.say(operator, parts.map((part) => reader.value(part)).join(", "));

/** matches, and "not_matches". */
const matched = (reader, operator, [text, pattern]) => reader.say(operator, reader.value(text), reader.say("quote", String(pattern)));

function separated(reader, _operator, [list, separator]) {
  return reader.say("join", reader.value(list), typeof separator === "string" ? reader.say("quote", separator) : reader.value(separator));
}

const rounded = (reader, _operator, parts) => reader.say(parts.length > 1 ? "round_to" : "round", ...parts.map((part) => reader.value(part)));

function aged(reader, _operator, [birth, on]) {
  const [name, parts] = opened(on);
  const key = name === "var" && parts.length === 1 ? parts[0] : "";
  if (name === "today" || key === "_today") return reader.say("age_today", reader.value(birth));
  if (key === "_occurred_on") return reader.say("age_then", reader.value(birth));
  return reader.say("age_on", reader.value(birth), reader.value(on));
}

/** add_days: a day before or after another. */
function daysApart(reader, _operator, [date, days]) {
  const day = reader.value(date);
  if (typeof days !== "number") return reader.say("days_after", day, reader.value(days));
  const side = days < 0 ? "before" : "after";
  if (Math.abs(days) === 1) return reader.say(`day_${side}`, day);
  return reader.say(`days_${side}`, day, reader.number(Math.abs(days)));
}

const partOfDate = (reader, _operator, [part, date]) => reader.say(`part_${part}`, reader.value(date));

function counted(reader, _operator, [list]) {
  const rows = rowsOf(list);
  if (!rows) return reader.say("count", reader.value(list));
  if (!rows.where) return reader.say(reader.hasValues(list) ? "count_choices" : "count", reader.value(list));
  return reader.say("count_where", reader.value(rows.list), within(reader, rows.list, rows.where.condition));
}

function summed(reader, _operator, [summand]) {
  const [name, parts] = opened(summand);
  const rows = name === "map" ? rowsOf(parts[0]) : null;
  if (!rows) return reader.say("sum", reader.value(summand));
  if (!rows.where) return reader.say("sum_of", reader.value(parts[1]), reader.value(rows.list));
  return reader.say("sum_where", reader.value(parts[1]), reader.value(rows.list), within(reader, rows.list, rows.where.condition));
}

function rowAt(reader, _operator, [list, position]) {
  const [name, parts] = opened(list);
  if (name === "map" && opened(parts[1])[0] === "var") {
    return reader.say("row_part", reader.value(parts[0]), reader.value(position), reader.value(parts[1]));
  }
  return reader.say("row", reader.value(list), reader.value(position));
}

function looped(reader, operator, [list, body, ...rest]) {
  const said = reader.value(list);
  const [name, parts] = opened(body);
  if (ASKING.includes(operator) && name === "in" && isEntry(parts[0]) && Array.isArray(parts[1])) {
    return reader.say(`includes_${operator}`, said, reader.value(parts[1], reader.variableIn(list)));
  }
  if (operator === "map" && name === "var" && parts.length) return reader.say("each", said, reader.value(body));
  if (operator === "map" || operator === "reduce") {
    return reader.say(operator, said, reader.value(body), ...rest.map((part) => reader.value(part)));
  }
  return reader.say(operator, said, within(reader, list, body));
}

/** A list that is a variable, and which of its rows are meant (where: null for all); null for other lists. */
function rowsOf(expression) {
  const [operator, parts] = opened(expression);
  if (operator === "var") return { list: expression, where: null };
  const isFiltered = operator === "filter" && opened(parts[0])[0] === "var";
  return isFiltered ? { list: parts[0], where: { condition: parts[1] } } : null;
}

export const PHRASES = {
  var: (reader, _operator, parts) => reader.variable(parts.length ? parts[0] : ""),
  "!!": (reader, _operator, parts) => reader.condition(parts[0]),
  and: joined,
  or: joined,
  "==": compared,
  "!=": compared,
  "<": compared,
  "<=": compared,
  ">": compared,
  ">=": compared,
  "!": negated,
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
  merge: listed,
  substr: listed,
  coalesce: listed,
  matches: matched,
  join: separated,
  round: rounded,
  age_on: aged,
  add_days: daysApart,
  date_part: partOfDate,
  count: counted,
  sum: summed,
  row: rowAt,
  ...Object.fromEntries(LOOPS.map((name) => [name, looped])),
};
