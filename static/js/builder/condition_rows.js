/** The rows of a condition: question · operator · value, and groups of them. Draws itself anew on a change of shape. */

import {
  begunGroup,
  boundsOf,
  constantsOf,
  guardedPaths,
  isOrdered,
  operandOf,
  readRow,
  takesList,
  takesNothing,
} from "./conditions.js";
import { button, focusedIn, focusOn, h, icon, select } from "./dom.js";
import { rawPart } from "./raw.js";
import { rowScope } from "./scope.js";
import {
  dayOptions,
  natureOf,
  operatorsFor,
  questionGroups,
  repeatOf,
  subjectDetails,
  subjectFor,
  subjectSelect,
  withKnown,
} from "./subjects.js";
import { valueControl, valuesControl } from "./values.js";

const DEEPEST = 4; // groups in groups; the language itself allows more

export class ConditionRows {
  /**
   * `onChange` is told after each change of `group`, which is changed in place.
   *
   * @param {Editor} editor
   * @param {Group} group
   * @param {Scope} scope
   * @param {{ onChange: () => void, words: string }} options
   */
  constructor(editor, group, scope, { onChange, words }) {
    this.editor = editor;
    this.group = group;
    this.scope = scope;
    this.onChange = onChange;
    this.words = words;
    this.element = h("div.vo-cond");
    this.draw();
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number | undefined>} [values]
   */
  t(name, values) {
    return this.editor.t(name, values);
  }

  /** @param {string | null} [focus] */
  draw(focus = this.focused()) {
    this.element.replaceChildren(this.drawGroup(this.group, this.scope, "c", { words: this.words, depth: 0 }));
    if (focus) focusOn(this.element, focus, "select");
  }

  /** What has the focus here; not in the rows of a condition inside. */
  focused() {
    return document.activeElement?.closest(".vo-cond") === this.element ? focusedIn(this.element) : null;
  }

  /** @param {string | null} [focus] */
  changed(focus) {
    this.draw(focus);
    this.onChange();
  }

  /**
   * @param {Group} group
   * @param {Scope} scope
   * @param {string} way
   * @param {{ words: string, depth: number, onRemove?: () => void }} options
   * @returns {HTMLElement}
   */
  drawGroup(group, scope, way, { words, depth, onRemove }) {
    const kinds = ["all", "any", "none"];
    const options = kinds.map((kind) => /** @type {SelectOption} */ ([kind, this.t(`group_${kind}`)]));
    const kind = select(options, group.kind, {
      "aria-label": this.t("group_kind"),
      disabled: this.editor.readOnly,
      "data-focus": `${way}.kind`,
      onChange: (value) => {
        group.kind = value;
        this.onChange();
      },
    });
    const head = h(
      "div.vo-cond__head",
      {},
      kind,
      onRemove && !this.editor.readOnly && this.remover(this.t("delete_group"), onRemove),
    );
    const rows = h(
      "ol.vo-cond__rows",
      {},
      group.rows.map((row, index) => h("li", {}, this.drawRow(group, row, index, scope, `${way}.${index}`, depth))),
    );
    const showsHead = depth > 0 || group.rows.length > 1 || group.kind !== "all";
    return h(
      "div.vo-cond__group",
      { role: "group", "aria-label": words },
      showsHead && head,
      rows,
      !this.editor.readOnly && this.adders(group, way, depth),
    );
  }

  /**
   * @param {Group} group
   * @param {string} way
   * @param {number} depth
   */
  adders(group, way, depth) {
    const add = (/** @type {Row} */ row, /** @type {string} */ focus) => {
      group.rows.push(row);
      this.changed(focus);
    };
    const next = `${way}.${group.rows.length}`;
    return h(
      "div.vo-buttons",
      {},
      button(this.t("add_condition"), {
        iconName: "plus",
        "data-focus": `${way}.add`,
        onClick: () => add({ is: "blank" }, next),
      }),
      depth < DEEPEST &&
        group.rows.length > 0 &&
        button(this.t("add_group"), {
          "data-focus": `${way}.group`,
          onClick: () => add(begunGroup("any"), `${next}.0`),
        }),
    );
  }

  /**
   * @param {string} words
   * @param {() => void} onClick
   * @param {string | null} [focus]
   */
  remover(words, onClick, focus) {
    return h(
      "button.vo-icon-button.vo-cond__remove",
      { on: { click: onClick }, "aria-label": words, title: words, "data-focus": focus },
      icon("bin"),
    );
  }

  /**
   * @param {Group} group
   * @param {Row} row
   * @param {number} index
   * @param {Scope} scope
   * @param {string} way
   * @param {number} depth
   * @returns {HTMLElement}
   */
  drawRow(group, row, index, scope, way, depth) {
    /**
     * @param {Row} other
     * @param {string} [focus]
     */
    const replace = (other, focus = way) => {
      group.rows[index] = other;
      this.changed(focus);
    };
    const remove = () => {
      group.rows.splice(index, 1);
      this.changed(`${way.slice(0, way.lastIndexOf("."))}.add`);
    };
    if (row.is === "group")
      return this.drawGroup(row, scope, way, { words: this.t("group_inner"), depth: depth + 1, onRemove: remove });
    const removal = !this.editor.readOnly && this.remover(this.t("delete_condition"), remove);
    if (row.is === "raw")
      return h(
        "div.vo-cond__row",
        {},
        rawPart(this.editor, row.expression, { onChange: replace, read: readRow }),
        removal,
      );
    const subject = subjectSelect(this.editor, scope, row, {
      words: this.t("what"),
      focus: way,
      onChange: (code) => replace(this.started(code, row, scope)),
    });
    if (row.is === "rows") return this.drawRows(row, scope, way, depth, subject, removal);
    if (row.is === "blank") return h("div.vo-cond__row", {}, subject, removal);
    return h("div.vo-cond__row", {}, subject, this.drawComparison(row, scope, way, depth, replace), removal);
  }

  /**
   * A new row for what was chosen on the left; what still fits is kept.
   *
   * @param {string} code
   * @param {Row} before
   * @param {Scope} scope
   * @returns {Row}
   */
  started(code, before, scope) {
    if (!code) return { is: "blank" };
    if (code.startsWith("rows:")) {
      const [, which, list] = code.split(":");
      const where = before.is === "rows" && before.list === list ? before.where : begunGroup();
      return { is: "rows", which, list, where };
    }
    const subject = subjectFor(code, scope);
    const [op] = operatorsFor(natureOf(subject, scope), this.editor.catalogue);
    return { is: "compare", subject, op, guard: false };
  }

  /**
   * @param {RowsRow} row
   * @param {Scope} scope
   * @param {string} way
   * @param {number} depth
   * @param {HTMLElement} subject
   * @param {Child} removal
   */
  drawRows(row, scope, way, depth, subject, removal) {
    const repeat = repeatOf(row.list, scope);
    const inner = repeat ? rowScope(repeat) : { entries: [], repeats: [], inRow: false, occurred: false };
    return h(
      "div.vo-cond__row.vo-cond__row--nested",
      {},
      h("div.vo-cond__line", {}, subject, removal),
      this.drawGroup(row.where, inner, `${way}.w`, { words: this.t("where"), depth: depth + 1 }),
    );
  }

  /**
   * @param {CompareRow} row
   * @param {Scope} scope
   * @param {string} way
   * @param {number} depth
   * @param {(other: Row, focus?: string) => void} replace
   */
  drawComparison(row, scope, way, depth, replace) {
    const nature = natureOf(row.subject, scope);
    const offered = operatorsFor(nature, this.editor.catalogue);
    const operators = offered.includes(row.op) ? offered : [...offered, row.op];
    const operator = select(
      operators.map((name) => [name, this.operatorWords(name, nature.kind)]),
      row.op,
      {
        "aria-label": this.t("operator"),
        disabled: this.editor.readOnly,
        "data-focus": `${way}.op`,
        onChange: (op) => replace(guarded(withOperator(row, op)), `${way}.op`),
      },
    );
    operator.classList.add("vo-cond__op");
    const details = subjectDetails(this.editor, scope, row.subject, {
      focus: way,
      onChange: (subject) => replace(guarded({ ...row, subject })),
    });
    const where = "list" in row.subject ? this.drawWhere(row, row.subject, scope, way, depth) : null;
    return [details, operator, this.drawValue(row, nature, scope, way, replace), this.drawGuard(row), where];
  }

  /**
   * An operator in the words that fit the kind of value, where there are some.
   *
   * @param {string} name
   * @param {string} kind
   */
  operatorWords(name, kind) {
    const own = this.t(`op_${name}_${kind}`);
    return own === `op_${name}_${kind}` ? this.t(`op_${name}`) : own;
  }

  /**
   * @param {CompareRow} row
   * @param {Extract<Subject, { list: string }>} subject
   * @param {Scope} scope
   * @param {string} way
   * @param {number} depth
   */
  drawWhere(row, subject, scope, way, depth) {
    const repeat = repeatOf(subject.list, scope);
    if (!repeat) return null;
    const { where } = subject;
    const setWhere = (/** @type {Group | null} */ wanted, /** @type {string} */ focus) => {
      row.subject = { ...subject, where: wanted };
      this.changed(focus);
    };
    if (where)
      return h(
        "div.vo-cond__where",
        {},
        h("span.vo-cond__word", {}, this.t("where")),
        this.drawGroup(where, rowScope(repeat), `${way}.w`, {
          words: this.t("where"),
          depth: depth + 1,
          onRemove: () => setWhere(null, `${way}.op`),
        }),
      );
    return (
      !this.editor.readOnly &&
      button(this.t("add_where"), {
        onClick: () => setWhere(begunGroup(), `${way}.w.0`),
      })
    );
  }

  /**
   * A comparison that lets "no answer" count as small says so, and can be mended.
   *
   * @param {CompareRow} row
   */
  drawGuard(row) {
    if (!guardedPaths(row).length || row.guard) return null;
    const mend = () => {
      row.guard = true;
      this.changed();
    };
    return h(
      "p.vo-cond__note",
      {},
      icon("warning"),
      this.t("unguarded"),
      !this.editor.readOnly && button(this.t("mend"), { onClick: mend }),
    );
  }

  /**
   * @param {CompareRow} row
   * @param {Nature} nature
   * @param {Scope} scope
   * @param {string} way
   * @param {(other: Row, focus?: string) => void} replace
   */
  drawValue(row, nature, scope, way, replace) {
    if (takesNothing(row.op)) return null;
    const words = this.t("value");
    if (takesList(row.op)) {
      const take = (/** @type {Json[] | undefined} */ values) => {
        row.value = values;
        this.onChange();
      };
      return valuesControl(this.editor, nature, constantsOf(row), { words, onChange: take });
    }
    if (row.op === "between") {
      const bounds = boundsOf(row);
      const bound = (/** @type {0 | 1} */ place) =>
        this.operand(
          bounds[place] ?? {},
          nature,
          scope,
          `${way}.v${place}`,
          this.t(place ? "to" : "from"),
          (value, redraw) => {
            const [low = {}, high = {}] = boundsOf(row);
            row.value = place ? [low, value] : [value, high];
            this.revalued(row, redraw, `${way}.v${place}`, replace);
          },
        );
      return [bound(0), h("span.vo-cond__word", {}, this.t("and")), bound(1)];
    }
    const shown = row.op === "matches" ? { kind: "text", choices: null } : nature;
    return this.operand(operandOf(row) ?? {}, shown, scope, `${way}.v`, words, (value, redraw) => {
      row.value = value;
      this.revalued(row, redraw, `${way}.v`, replace);
    });
  }

  /**
   * @param {CompareRow} row
   * @param {boolean} redraw
   * @param {string} focus
   * @param {(other: Row, focus?: string) => void} replace
   */
  revalued(row, redraw, focus, replace) {
    if (redraw) replace(guarded(row), focus);
    else this.onChange();
  }

  /**
   * A value, or another answer. `set(value, redraw)`.
   *
   * @param {Operand} value
   * @param {Nature} nature
   * @param {Scope} scope
   * @param {string} way
   * @param {string} words
   * @param {(value: Operand, redraw: boolean) => void} set
   */
  operand(value, nature, scope, way, words, set) {
    const refs = referable(nature, scope);
    const { ref } = value;
    const controls = [];
    const isDay = nature.kind === "date" || nature.kind === "datetime";
    if (refs.length || ref || isDay) {
      const source = ref ? `ref:${refCode(ref)}` : "const";
      /** @type {SelectOptions} */
      const options = [
        ["const", this.t("this_value")],
        ...(isDay ? dayOptions(this.editor, scope, "ref:").reverse() : []),
        ...questionGroups(this.editor, refs, "ref:var:"),
      ];
      const choice = select(withKnown(options, ref ? source : "", this.editor), source, {
        "aria-label": this.t("compared_with"),
        disabled: this.editor.readOnly,
        "data-focus": `${way}.source`,
        onChange: (given) => set(given === "const" ? {} : { ref: subjectFor(given.slice(4), scope) }, true),
      });
      choice.classList.add("vo-cond__source");
      controls.push(choice);
    }
    if (!ref) {
      controls.push(
        valueControl(this.editor, nature.kind === "choices" ? { ...nature, kind: "choice" } : nature, value.const, {
          words,
          "data-focus": way,
          onChange: (given) => set(given === undefined ? {} : { const: given }, false),
        }),
      );
    }
    return h("span.vo-cond__operand", {}, controls);
  }
}

/** @type {Record<string, string[]>} */
const COMPARABLE = { date: ["date", "datetime"], datetime: ["date", "datetime"], number: ["number"], time: ["time"] };

/**
 * The other answers that a value of this kind can be compared with.
 *
 * @param {Nature} nature
 * @param {Scope} scope
 */
function referable(nature, scope) {
  const isOfChoice = nature.path?.startsWith("choice.");
  if (isOfChoice) return scope.entries.filter((entry) => entry.kind === "choice" && !entry.path.startsWith("choice."));
  const kinds = COMPARABLE[nature.kind] ?? [];
  return scope.entries.filter((entry) => kinds.includes(entry.kind) && entry.path !== nature.path);
}

/** @param {Subject} ref */
const refCode = (ref) => (ref.of === "var" ? `var:${ref.path}` : ref.of);

/**
 * The row with another operator, and what of the value still fits.
 *
 * @param {CompareRow} row
 * @param {string} op
 * @returns {CompareRow}
 */
function withOperator(row, op) {
  const { value: _, ...rest } = row;
  if (takesNothing(op)) return { ...rest, op };
  const wasList = takesList(row.op);
  if (takesList(op) && wasList) return { ...row, op };
  const operand = wasList || row.op === "between" ? undefined : operandOf(row);
  if (takesList(op)) return { ...rest, op, value: operand?.const === undefined ? undefined : [operand.const] };
  if (op === "between") return { ...rest, op, value: [operand ?? {}, {}] };
  if (row.op === "between") return { ...rest, op, value: boundsOf(row)[0] };
  const [first] = wasList ? constantsOf(row) : [];
  if (wasList) return { ...rest, op, value: first === undefined ? undefined : { const: first } };
  return { ...rest, op, value: operand };
}

/**
 * An ordering comparison asks first whether there is an answer.
 *
 * @param {CompareRow} row
 */
const guarded = (row) => ({ ...row, guard: isOrdered(row.op) && guardedPaths(row).length > 0 });
