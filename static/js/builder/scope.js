/** What an expression may read: the questions that stand earlier, the rows of earlier repeat groups, the days. */

/**
 * Every item of the form in document order: {item, section, parents}, parents being the repeats around it.
 *
 * @param {{ sections?: Pick<Section, "items">[] }} definition
 * @returns {Generator<Placed>}
 */
export function* allItems(definition) {
  /**
   * @param {Item[] | undefined} items
   * @param {Placed["section"]} section
   * @param {Repeat[]} parents
   * @returns {Generator<Placed>}
   */
  function* within(items, section, parents) {
    for (const item of items ?? []) {
      yield { item, section, parents };
      if (item.item === "repeat") yield* within(item.items, section, [...parents, item]);
    }
  }
  for (const section of definition.sections ?? []) yield* within(section.items, section, []);
}

/** @type {(keyof FormNode)[]} What of a section, item or form is a text in every language. */
export const TEXTS = [
  "title",
  "recipient_title",
  "intro",
  "label",
  "recipient_label",
  "hint",
  "text",
  "low_label",
  "high_label",
];

/**
 * The texts of an item as people know it.
 *
 * @param {FormNode} item
 * @returns {Texts}
 */
export const textsOf = (item) => item.label ?? item.text ?? item.title ?? {};

/**
 * A text in this language, else in the form's first, else any, else what is given.
 *
 * @param {Texts | undefined} texts
 * @param {string} language
 * @param {string} [otherwise]
 */
export function textIn(texts, language, otherwise = "") {
  return texts?.[language] || Object.values(texts ?? {}).find(Boolean) || otherwise;
}

/** @type {Record<string, string>} */
const RESULT_KINDS = { integer: "number", decimal: "number", date: "date", boolean: "boolean" };

/**
 * Which sort of value the answer is: text, number, date, datetime, time, boolean, choice, choices, object, none.
 *
 * @param {FormNode} question
 * @param {Catalogue} catalogue
 */
export function kindOf(question, catalogue) {
  if (question.type === "calculated") return RESULT_KINDS[question.result ?? ""] ?? "text";
  return catalogue.types[question.type ?? ""]?.kind ?? "none";
}

/**
 * The choices of a question as [{value, label, with?}], wherever they come from; null when it has none.
 *
 * @param {FormNode} question
 * @param {Catalogue} catalogue
 * @param {Definition} definition
 * @returns {Choice[] | null}
 */
export function choicesOf(question, catalogue, definition) {
  if (question.choices) return question.choices;
  const type = catalogue.types[question.type ?? ""];
  const name = question.choices_from ?? type?.list;
  if (name) return definition?.lists?.[name]?.choices ?? catalogue.lists[name]?.choices ?? [];
  return type?.choices ?? null;
}

/**
 * The names of the attributes that the choices of a question have.
 *
 * @param {Choice[] | null} choices
 */
export function attributesOf(choices) {
  return [...new Set((choices ?? []).flatMap((choice) => Object.keys(choice.with ?? {})))];
}

/**
 * @param {Question} item
 * @param {Catalogue} catalogue
 * @param {Definition} definition
 * @param {ScopePlace} place
 * @returns {ScopeEntry}
 */
function entry(item, catalogue, definition, place) {
  return {
    path: item.key,
    item,
    place,
    texts: textsOf(item),
    type: item.type,
    kind: kindOf(item, catalogue),
    choices: choicesOf(item, catalogue, definition),
  };
}

/**
 * The entries of a question: itself, and the parts of an answer that has parts (a matrix's rows, a decision).
 *
 * @param {Question} item
 * @param {Catalogue} catalogue
 * @param {Definition} definition
 * @param {ScopePlace} place
 * @returns {ScopeEntry[]}
 */
function entries(item, catalogue, definition, place) {
  const own = entry(item, catalogue, definition, place);
  /**
   * @param {string} name
   * @param {Texts} texts
   * @param {string} kind
   * @param {Choice[] | null} choices
   */
  const part = (name, texts, kind, choices) => ({
    ...own,
    path: `${item.key}.${name}`,
    texts,
    kind,
    choices,
    part: true,
  });
  const type = catalogue.types[item.type];
  const choices = (/** @type {TypePart} */ { list }) =>
    (list ? catalogue.lists[list]?.choices : type.part_choices) ?? null;
  const parts =
    item.type === "matrix"
      ? (item.rows ?? []).map((row) => part(row.value, joined(own.texts, row.label), "choice", item.choices ?? []))
      : (type?.parts ?? []).map((given) =>
          part(given.path, joined(own.texts, given.label), given.kind, choices(given)),
        );
  return [own, ...parts];
}

/**
 * @param {Texts} texts
 * @param {Texts} more
 * @returns {Texts}
 */
function joined(texts, more) {
  const languages = new Set([...Object.keys(texts), ...Object.keys(more)]);
  return Object.fromEntries(
    [...languages].map((language) => [language, `${textIn(texts, language)}: ${textIn(more, language)}`]),
  );
}

/**
 * A repeat group as a list of rows: what its rows' questions are.
 *
 * @param {Repeat} repeat
 * @param {Catalogue} catalogue
 * @param {Definition} definition
 * @param {ScopePlace} place
 */
function rowsOf(repeat, catalogue, definition, place) {
  /** @type {ScopeRepeat} */
  const inner = { path: repeat.key, item: repeat, place, texts: textsOf(repeat), entries: [], repeats: [] };
  for (const item of repeat.items ?? []) {
    if (item.item === "question") inner.entries.push(...entries(item, catalogue, definition, "row"));
    if (item.item === "repeat") inner.repeats.push(rowsOf(item, catalogue, definition, "row"));
  }
  return inner;
}

/**
 * What can be read at a node: {entries, repeats, inRow, occurred}. `self`: the node's own answer too (a constraint);
 * `whole`: all questions, also later ones (who may receive an answer is decided when the form is complete).
 *
 * @param {Definition} definition
 * @param {Catalogue} catalogue
 * @param {FormNode | null} node
 * @param {{ self?: boolean, whole?: boolean }} [options]
 */
export function scopeAt(definition, catalogue, node, { self = false, whole = false } = {}) {
  /** @type {Scope} */
  const scope = { entries: [], repeats: [], inRow: false, occurred: true };
  let found = false;

  /**
   * @param {Item[] | undefined} items
   * @param {ScopePlace} place
   */
  function walk(items, place) {
    for (const item of items ?? []) {
      if (item === node) {
        found = true;
        if (self && item.item === "question") scope.entries.push(...entries(item, catalogue, definition, "self"));
        if (!whole) return;
        if (self) continue;
      }
      if (item.item === "question") scope.entries.push(...entries(item, catalogue, definition, place));
      if (item.item !== "repeat") continue;
      if (holds(item, node)) {
        scope.inRow = true;
        walk(item.items, "this_row");
        if (found && !whole) return;
      } else {
        scope.repeats.push(rowsOf(item, catalogue, definition, place));
      }
    }
  }

  for (const section of definition.sections ?? []) {
    if (section === node && !whole) break;
    walk(section.items, section);
    if (found && !whole) break;
  }
  // Who may receive an answer (`self` and `whole`) is decided by the form alone.
  if (!(self && whole)) scope.entries.push(...knownFacts(catalogue));
  return scope;
}

/**
 * What is known about the person of the case, fact by fact.
 *
 * @param {Catalogue} catalogue
 * @returns {ScopeEntry[]}
 */
function knownFacts(catalogue) {
  return (catalogue.facts ?? []).map(({ key, label, kind, choices }) => ({
    path: `_known.${key}`,
    place: "known",
    texts: label,
    kind,
    choices: choices.length ? choices : null,
  }));
}

/**
 * @param {Repeat} repeat
 * @param {FormNode | null} node
 * @returns {boolean}
 */
const holds = (repeat, node) =>
  (repeat.items ?? []).some((item) => item === node || (item.item === "repeat" && holds(item, node)));

/**
 * What can be read of one row from outside ("any row where ..."): the row's own questions and today, nothing else.
 *
 * @param {ScopeRepeat} repeat
 * @returns {Scope}
 */
export function rowScope(repeat) {
  return { entries: repeat.entries, repeats: repeat.repeats, inRow: false, occurred: false };
}

/**
 * The entry of a path, or undefined.
 *
 * @param {Scope} scope
 * @param {string} path
 */
export function entryOf(scope, path) {
  return scope.entries.find((known) => known.path === path);
}

/**
 * {labels, values, days} by key for reading a sentence back in one language: all of the form, earlier or not.
 *
 * @param {Definition} definition
 * @param {Catalogue} catalogue
 * @param {string} language
 */
export function namesFor(definition, catalogue, language) {
  /** @type {Record<string, string>} */
  const labels = {};
  /** @type {Record<string, Record<string, string>>} */
  const values = {};
  /** @type {string[]} */
  const days = [];
  for (const { item } of allItems(definition)) {
    if (item.item === "note") continue;
    const known =
      item.item === "question"
        ? entries(item, catalogue, definition, null)
        : [{ path: item.key, texts: textsOf(item), kind: "none", choices: null }];
    for (const { path, texts, kind, choices } of known) {
      labels[path] = textIn(texts, language, item.key);
      if (["date", "datetime", "time"].includes(kind)) days.push(path);
      if (choices?.length)
        values[path] = Object.fromEntries(
          choices.map((choice) => [choice.value, textIn(choice.label, language, choice.value)]),
        );
    }
  }
  for (const { path, texts, kind, choices } of knownFacts(catalogue)) {
    labels[path] = textIn(texts, language, path);
    if (["date", "datetime", "time"].includes(kind)) days.push(path);
    if (choices)
      values[path] = Object.fromEntries(choices.map(({ value, label }) => [value, textIn(label, language, value)]));
  }
  values._case_forms = Object.fromEntries(
    (catalogue.case_forms ?? []).map(({ value, label }) => [value, textIn(label, language, value)]),
  );
  return { labels, values, days };
}
