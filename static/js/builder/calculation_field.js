/** A calculation as nested boxes: questions and numbers, sums, ages, rows, texts, if ... then ... otherwise. */

import { isPair, OPERATIONS, readPart, writePart } from "./calculations.js";
import { draftOf, sentences } from "./condition_field.js";
import { ConditionRows } from "./condition_rows.js";
import { begunGroup } from "./conditions.js";
import { escaped, within } from "./document.js";
import { button, focusedIn, focusOn, h, icon, input, select } from "./dom.js";
import { rawPart } from "./raw.js";
import { rowScope, textIn } from "./scope.js";
import { codeOf, natureOf, option, repeatOf, subjectDetails, subjectFor, subjectSelect } from "./subjects.js";

const DEEPEST = 5;
const NUMERIC = new Set(["+", "-", "*", "/", "min", "max"]);
/** @type {BlankRow} */
const BLANK = { is: "blank" };
/** @type {Record<string, string>} */
const RESULTS = { date: "date", boolean: "boolean" };

/**
 * What a calculation comes to: a `result` of the definition, or "" while that can't be told.
 *
 * @param {Part} part
 * @param {Scope} scope
 * @returns {string}
 */
export function resultOf(part, scope) {
  if (part.is === "const")
    return typeof part.value === "string" ? "text" : Number.isInteger(part.value) ? "integer" : "decimal";
  if (part.is === "listed") return "text";
  if (part.is === "round") return part.places ? "decimal" : "integer";
  if (part.is === "if") return resultOf(part.cases[0].result, scope);
  if (part.is === "subject") {
    const { kind, type, item } = natureOf(part.subject, scope);
    if (kind === "number")
      return ["decimal", "scale"].includes(type ?? "") || item?.result === "decimal" || part.subject.of === "sum"
        ? "decimal"
        : "integer";
    return RESULTS[kind] ?? "text";
  }
  if (part.is !== "op") return "";
  if (part.op === "coalesce") return resultOf(part.parts[0], scope);
  if (!NUMERIC.has(part.op)) return "text";
  return part.op !== "/" && part.parts.every((inner) => resultOf(inner, scope) === "integer") ? "integer" : "decimal";
}

export class CalculationField {
  /**
   * `onResult(result)` is told what the calculation comes to, each time it is complete. `constants`: a number or a text
   * alone is stored, too.
   *
   * @param {Editor} editor
   * @param {FormNode} node
   * @param {Names} names
   * @param {{ words: string, hint?: string, scope: () => Scope, onResult?: (result: string) => void,
   *   constants?: boolean }} options
   */
  constructor(editor, node, names, { words, hint, scope, onResult, constants = false }) {
    this.editor = editor;
    this.node = node;
    this.names = names;
    this.scope = scope;
    this.onResult = onResult;
    this.constants = constants;
    this.at = names.map((name) => `/${escaped(name)}`).join("");
    this.sentences = sentences(editor);
    this.body = h("div.vo-calc");
    this.status = h("p.vo-quiet");
    this.shown = this.draft;
    this.element = h(
      "fieldset.vo-fieldset",
      { data: { at: this.at } },
      h("legend.vo-field__label", {}, words),
      hint && h("p.vo-field__hint", {}, hint),
      this.body,
      this.status,
      this.sentences.element,
      h("div.vo-field__problems"),
    );
    this.draw();
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number | undefined>} [values]
   */
  t(name, values) {
    return this.editor.t(name, values);
  }

  get stored() {
    return /** @type {Expression | undefined} */ (within(this.node, this.names));
  }

  get draft() {
    const { stored } = this;
    return draftOf(this.editor.calculations, this.node, this.at, stored, () => ({ part: readPart(stored), stored }));
  }

  /** @param {string | null} [focus] */
  draw(focus = focusedIn(this.body)) {
    this.shown = this.draft;
    const put = (/** @type {Part} */ part) => {
      this.shown.part = part;
    };
    this.body.replaceChildren(this.drawPart(this.shown.part, "p", put, 0));
    this.tell();
    if (focus) focusOn(this.body, focus);
  }

  tell() {
    const { part } = this.shown;
    this.sentences.show(this.stored);
    this.status.textContent = part.is !== "blank" && writePart(part) === undefined ? this.t("unfinished") : "";
  }

  write() {
    const { part } = this.shown;
    const expression = writePart(part);
    const isConstant = this.constants && expression !== "" && ["string", "number"].includes(typeof expression);
    const isExpression = typeof expression === "object" && expression !== null;
    this.editor.document.set(this.node, this.names, isExpression || isConstant ? expression : undefined, {
      origin: "panel",
      label: this.t("step_calculation"),
    });
    this.shown = { part, stored: this.stored };
    this.editor.calculations.get(this.node)?.set(this.at, this.shown);
    if (isExpression) this.onResult?.(resultOf(part, this.scope()));
    this.tell();
  }

  /** @param {string | null} [focus] */
  changed(focus) {
    this.write();
    this.draw(focus);
  }

  /**
   * One part. `set` puts another in its place.
   *
   * @param {Part} part
   * @param {string} way
   * @param {(part: Part) => void} set
   * @param {number} depth
   * @param {(() => void) | null} [onRemove]
   * @returns {HTMLElement}
   */
  drawPart(part, way, set, depth, onRemove) {
    const replace = (/** @type {Part} */ other) => {
      set(other);
      this.changed(way);
    };
    const removal =
      onRemove &&
      !this.editor.readOnly &&
      h(
        "button.vo-icon-button",
        { on: { click: onRemove }, "aria-label": this.t("delete_part"), title: this.t("delete_part") },
        icon("bin"),
      );
    if (part.is === "raw")
      return h(
        "div.vo-calc__part",
        {},
        rawPart(this.editor, part.expression, { onChange: replace, read: readPart }),
        removal,
      );
    const scope = this.scope();
    /** @type {SubjectHolder} */
    const row = { is: "calc", subject: part.is === "subject" ? part.subject : null };
    const kind = subjectSelect(this.editor, scope, row, {
      rows: false,
      words: this.t("what"),
      focus: way,
      extra: [{ group: this.t("place_calculation"), options: this.kinds(scope, depth) }],
      onChange: (code) => replace(this.started(code, part, scope)),
    });
    kind.value = part.is === "subject" ? codeOf(row) : this.code(part);
    return h(
      "div.vo-calc__part",
      {},
      h("div.vo-cond__line", {}, kind, this.inline(part, way, scope), removal),
      this.inner(part, way, scope, depth),
    );
  }

  /**
   * @param {Scope} scope
   * @param {number} depth
   */
  kinds(scope, depth) {
    /** @type {SelectOption[]} */
    const options = [
      ["number", this.t("calc_number")],
      ["text", this.t("calc_text")],
    ];
    for (const repeat of scope.repeats) {
      const name = textIn(repeat.texts, this.editor.language, repeat.path);
      options.push([`listed:${repeat.path}`, this.t("calc_listed", { name })]);
    }
    if (depth >= DEEPEST) return options;
    for (const op of OPERATIONS) options.push([`op:${op}`, this.t(`calc_${op}`)]);
    options.push(["round", this.t("calc_round")], ["if", this.t("calc_if")]);
    return options;
  }

  /** @param {Part} part */
  code(part) {
    if (part.is === "const") return typeof part.value === "number" ? "number" : "text";
    if (part.is === "op") return `op:${part.op}`;
    if (part.is === "listed") return `listed:${part.list}`;
    return part.is === "blank" ? "" : part.is;
  }

  /**
   * @param {string} code
   * @param {Part} before
   * @param {Scope} scope
   * @returns {Part}
   */
  started(code, before, scope) {
    if (!code) return BLANK;
    if (code === "number") return { is: "const", value: 0 };
    if (code === "text") return { is: "const", value: "" };
    if (code === "round") return { is: "round", part: before, places: 0 };
    if (code === "if")
      return {
        is: "if",
        cases: [{ when: begunGroup(), result: before.is === "if" ? BLANK : before }],
        otherwise: BLANK,
      };
    if (code.startsWith("op:")) {
      const op = code.slice(3);
      const kept = before.is === "op" ? before.parts : [before];
      const parts = kept.length < 2 ? [...kept, BLANK, BLANK].slice(0, 2) : kept;
      return { is: "op", op, parts: isPair(op) ? parts.slice(0, 2) : parts };
    }
    if (code.startsWith("listed:")) {
      const list = code.slice(7);
      return { is: "listed", list, path: repeatOf(list, scope)?.entries[0]?.path ?? "", separator: ", " };
    }
    return { is: "subject", subject: subjectFor(code, scope) };
  }

  /**
   * What stands on the same line.
   *
   * @param {Part} part
   * @param {string} way
   * @param {Scope} scope
   */
  inline(part, way, scope) {
    const shared = { disabled: this.editor.readOnly, "data-focus": `${way}.v` };
    if (part.is === "const") {
      const isNumber = typeof part.value === "number";
      return input(part.value, {
        ...shared,
        type: isNumber ? "number" : "text",
        step: isNumber ? "any" : undefined,
        "aria-label": this.t(isNumber ? "calc_number" : "calc_text"),
        onInput: (text) => {
          part.value = isNumber ? Number(text) || 0 : text;
          this.write();
        },
      });
    }
    if (part.is === "round") {
      const places = [0, 1, 2, 3].map(
        (count) => /** @type {SelectOption} */ ([String(count), this.t("places", { count })]),
      );
      return select(places, String(part.places), {
        ...shared,
        "aria-label": this.t("calc_round"),
        onChange: (count) => {
          part.places = Number(count);
          this.write();
        },
      });
    }
    if (part.is === "listed") {
      const options = (repeatOf(part.list, scope)?.entries ?? []).map((entry) => option(this.editor, entry, ""));
      const separator = input(part.separator, {
        ...shared,
        "aria-label": this.t("separator"),
        onInput: (text) => {
          part.separator = text;
          this.write();
        },
      });
      separator.classList.add("vo-number");
      return [
        select(options, part.path, {
          ...shared,
          "aria-label": this.t("what"),
          onChange: (path) => {
            part.path = path;
            this.write();
          },
        }),
        h("span.vo-cond__word", {}, this.t("separator")),
        separator,
      ];
    }
    if (part.is !== "subject") return null;
    return subjectDetails(this.editor, scope, part.subject, {
      focus: way,
      onChange: (subject) => {
        part.subject = subject;
        this.changed();
      },
    });
  }

  /**
   * What stands beneath: the parts of a sum, the branches of an if, the rows that count.
   *
   * @param {Part} part
   * @param {string} way
   * @param {Scope} scope
   * @param {number} depth
   */
  inner(part, way, scope, depth) {
    if (part.is === "round") {
      const put = (/** @type {Part} */ other) => {
        part.part = other;
      };
      return h("div.vo-calc__inner", {}, this.drawPart(part.part, `${way}.0`, put, depth + 1));
    }
    if (part.is === "op") return this.operands(part, way, depth);
    if (part.is === "if") return this.branches(part, way, scope, depth);
    if (part.is === "subject" && "list" in part.subject) return this.where(part, part.subject, scope);
    return null;
  }

  /**
   * @param {OpPart} part
   * @param {string} way
   * @param {number} depth
   */
  operands(part, way, depth) {
    const isFixed = isPair(part.op);
    const mayGo = !isFixed && part.parts.length > 1;
    const rows = part.parts.map((inner, index) => {
      const put = (/** @type {Part} */ other) => {
        part.parts[index] = other;
      };
      const remove = () => {
        part.parts.splice(index, 1);
        this.changed(way);
      };
      return h("li", {}, this.drawPart(inner, `${way}.${index}`, put, depth + 1, mayGo ? remove : null));
    });
    const add = () => {
      part.parts.push(BLANK);
      this.changed(`${way}.${part.parts.length - 1}`);
    };
    return h(
      "div.vo-calc__inner",
      {},
      h("ol.vo-cond__rows", {}, rows),
      !isFixed && !this.editor.readOnly && button(this.t("add_part"), { iconName: "plus", onClick: add }),
    );
  }

  /**
   * @param {IfPart} part
   * @param {string} way
   * @param {Scope} scope
   * @param {number} depth
   */
  branches(part, way, scope, depth) {
    const cases = part.cases.map((branch, index) => {
      const rows = new ConditionRows(this.editor, branch.when, scope, {
        words: this.t("if"),
        onChange: () => this.write(),
      });
      const remove = () => {
        part.cases.splice(index, 1);
        this.changed(way);
      };
      const put = (/** @type {Part} */ other) => {
        branch.result = other;
      };
      return h(
        "li.vo-calc__case",
        {},
        h("p.vo-cond__word", {}, this.t("if")),
        rows.element,
        h("p.vo-cond__word", {}, this.t("then")),
        this.drawPart(branch.result, `${way}.${index}`, put, depth + 1, part.cases.length > 1 ? remove : null),
      );
    });
    const add = button(this.t("add_case"), {
      iconName: "plus",
      onClick: () => {
        part.cases.push({ when: begunGroup(), result: BLANK });
        this.changed(`${way}.${part.cases.length - 1}`);
      },
    });
    const put = (/** @type {Part} */ other) => {
      part.otherwise = other;
    };
    const otherwise = this.drawPart(part.otherwise, `${way}.e`, put, depth + 1);
    return h(
      "div.vo-calc__inner",
      {},
      h("ol.vo-cond__rows", {}, cases),
      !this.editor.readOnly && add,
      h("p.vo-cond__word", {}, this.t("otherwise")),
      otherwise,
    );
  }

  /**
   * @param {SubjectPart} part
   * @param {Extract<Subject, { list: string }>} subject
   * @param {Scope} scope
   */
  where(part, subject, scope) {
    const repeat = repeatOf(subject.list, scope);
    if (!repeat) return null;
    const set = (/** @type {Group | null} */ where) => {
      part.subject = { ...subject, where };
      this.changed();
    };
    if (!subject.where)
      return !this.editor.readOnly && button(this.t("add_where"), { onClick: () => set(begunGroup()) });
    const rows = new ConditionRows(this.editor, subject.where, rowScope(repeat), {
      words: this.t("where"),
      onChange: () => this.write(),
    });
    return h(
      "div.vo-calc__inner",
      {},
      h("p.vo-cond__word", {}, this.t("where")),
      rows.element,
      !this.editor.readOnly && button(this.t("drop_where"), { onClick: () => set(null) }),
    );
  }
}
