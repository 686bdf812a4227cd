/** The rows of a condition: question · operator · value, and groups of them. Draws itself anew on a change of shape. */

import { emptyGroup, guardedPaths, isOrdered, takesList, takesNothing } from "./conditions.js";
import { button, h, icon, select } from "./dom.js";
import { rawPart } from "./raw.js";
import { rowScope } from "./scope.js";
import {
  natureOf,
  operatorsFor,
  questionGroups,
  repeatOf,
  subjectDetails,
  subjectFor,
  subjectSelect,
} from "./subjects.js";
import { valueControl, valuesControl } from "./values.js";

const DEEPEST = 4; // groups in groups; the language itself allows more

export class ConditionRows {
  /** `onChange` is told after each change of `group`, which is changed in place. */
  constructor(editor, group, scope, { onChange, words }) {
    Object.assign(this, { editor, group, scope, onChange, words });
    this.element = h("div.vo-cond");
    this.draw();
  }

  t(name, values) {
    return this.editor.t(name, values);
  }

  draw(
    focus = document.activeElement?.closest?.(".vo-cond") === this.element
      ? document.activeElement.dataset.focus
      : null,
  ) {
    this.element.replaceChildren(this.drawGroup(this.group, this.scope, "c", { words: this.words, depth: 0 }));
    if (focus)
      (
        this.element.querySelector(`[data-focus="${CSS.escape(focus)}"]`) ?? this.element.querySelector("select")
      )?.focus();
  }

  changed(focus) {
    this.draw(focus);
    this.onChange();
  }

  drawGroup(group, scope, way, { words, depth, onRemove }) {
    const kinds = ["all", "any", "none"].map((kind) => [kind, this.t(`group_${kind}`)]);
    const kind = select(kinds, group.kind, {
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

  adders(group, way, depth) {
    const add = (row, focus) => {
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
          onClick: () => add({ ...emptyGroup("any"), rows: [{ is: "blank" }] }, `${next}.0`),
        }),
    );
  }

  remover(words, onClick, focus) {
    return h(
      "button.vo-icon-button.vo-cond__remove",
      { on: { click: onClick }, "aria-label": words, title: words, "data-focus": focus },
      icon("bin"),
    );
  }

  drawRow(group, row, index, scope, way, depth) {
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
        rawPart(this.editor, row.expression, { onChange: (read) => replace(read) }),
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

  /** A new row for what was chosen on the left; what still fits is kept. */
  started(code, before, scope) {
    if (!code) return { is: "blank" };
    if (code.startsWith("rows:")) {
      const [, which, list] = code.split(":");
      const where =
        before.is === "rows" && before.list === list ? before.where : { ...emptyGroup(), rows: [{ is: "blank" }] };
      return { is: "rows", which, list, where };
    }
    const row = { is: "compare", subject: subjectFor(code, scope), op: "", guard: false };
    [row.op] = operatorsFor(natureOf(row.subject, scope), this.editor.catalogue);
    return row;
  }

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

  drawComparison(row, scope, way, depth, replace) {
    const nature = natureOf(row.subject, scope);
    const offered = operatorsFor(nature, this.editor.catalogue);
    const operators = offered.includes(row.op) ? offered : [...offered, row.op];
    const operator = select(
      operators.map((name) => [
        name,
        this.t(`op_${name}_${nature.kind}`) === `op_${name}_${nature.kind}`
          ? this.t(`op_${name}`)
          : this.t(`op_${name}_${nature.kind}`),
      ]),
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
    const where =
      row.subject.of === "count" || row.subject.of === "sum" ? this.drawWhere(row, scope, way, depth) : null;
    return [details, operator, this.drawValue(row, nature, scope, way, replace), this.drawGuard(row), where];
  }

  drawWhere(row, scope, way, depth) {
    const repeat = repeatOf(row.subject.list, scope);
    if (!repeat) return null;
    const { where } = row.subject;
    if (where)
      return h(
        "div.vo-cond__where",
        {},
        h("span.vo-cond__word", {}, this.t("where")),
        this.drawGroup(where, rowScope(repeat), `${way}.w`, {
          words: this.t("where"),
          depth: depth + 1,
          onRemove: () => this.setWhere(row, null, `${way}.op`),
        }),
      );
    return (
      !this.editor.readOnly &&
      button(this.t("add_where"), {
        onClick: () => this.setWhere(row, { ...emptyGroup(), rows: [{ is: "blank" }] }, `${way}.w.0`),
      })
    );
  }

  setWhere(row, where, focus) {
    row.subject = { ...row.subject, where };
    this.changed(focus);
  }

  /** A comparison that lets "no answer" count as small says so, and can be mended. */
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

  drawValue(row, nature, scope, way, replace) {
    if (takesNothing(row.op)) return null;
    const words = this.t("value");
    const tell = () => this.onChange();
    if (takesList(row.op)) {
      return valuesControl(this.editor, nature, row.value, {
        words,
        onChange: (values) => ((row.value = values), tell()),
      });
    }
    if (row.op === "between") {
      const bounds = row.value ?? [{}, {}];
      const bound = (place) =>
        this.operand(
          bounds[place],
          nature,
          scope,
          `${way}.v${place}`,
          this.t(place ? "to" : "from"),
          (value, redraw) => {
            const next = [...(row.value ?? [{}, {}])];
            next[place] = value;
            row.value = next;
            this.revalued(row, redraw, `${way}.v${place}`, replace);
          },
        );
      return [bound(0), h("span.vo-cond__word", {}, this.t("and")), bound(1)];
    }
    const shown = row.op === "matches" ? { kind: "text", choices: null } : nature;
    return this.operand(row.value, shown, scope, `${way}.v`, words, (value, redraw) => {
      row.value = value;
      this.revalued(row, redraw, `${way}.v`, replace);
    });
  }

  revalued(row, redraw, focus, replace) {
    if (redraw) replace(guarded(row), focus);
    else this.onChange();
  }

  /** A value, or another answer. `set(value, redraw)`. */
  operand(value, nature, scope, way, words, set) {
    const refs = referable(nature, scope);
    const isRef = Boolean(value?.ref);
    const source = isRef ? `ref:${refCode(value.ref)}` : "const";
    const controls = [];
    if (refs.length || isRef || nature.kind === "date" || nature.kind === "datetime") {
      const days = ["date", "datetime"].includes(nature.kind)
        ? [
            ["ref:today", this.t("subject_today")],
            ...(scope.occurred ? [["ref:occurred", this.t("subject_occurred")]] : []),
          ]
        : [];
      const options = [["const", this.t("this_value")], ...days, ...questionGroups(this.editor, refs, "ref:var:")];
      if (
        isRef &&
        !options
          .flatMap((entry) => (Array.isArray(entry) ? [entry] : entry.options))
          .some(([given]) => given === source)
      )
        options.push([source, this.t("not_here", { key: refCode(value.ref) })]);
      const choice = select(options, source, {
        "aria-label": this.t("compared_with"),
        disabled: this.editor.readOnly,
        "data-focus": `${way}.source`,
        onChange: (given) => set(given === "const" ? {} : { ref: subjectFor(given.slice(4), scope) }, true),
      });
      choice.classList.add("vo-cond__source");
      controls.push(choice);
    }
    if (!isRef) {
      controls.push(
        valueControl(this.editor, nature.kind === "choices" ? { ...nature, kind: "choice" } : nature, value?.const, {
          words,
          "data-focus": way,
          onChange: (given) => set(given === undefined ? {} : { const: given }, false),
        }),
      );
    }
    return h("span.vo-cond__operand", {}, controls);
  }
}

const COMPARABLE = { date: ["date", "datetime"], datetime: ["date", "datetime"], number: ["number"], time: ["time"] };

/** The other answers that a value of this kind can be compared with. */
function referable(nature, scope) {
  const isOfChoice = nature.path?.startsWith("choice.");
  if (isOfChoice) return scope.entries.filter((entry) => entry.kind === "choice" && !entry.path.startsWith("choice."));
  const kinds = COMPARABLE[nature.kind] ?? [];
  return scope.entries.filter((entry) => kinds.includes(entry.kind) && entry.path !== nature.path);
}

const refCode = (ref) => (ref.of === "var" ? `var:${ref.path}` : ref.of);

/** The row with another operator, and what of the value still fits. */
function withOperator(row, op) {
  const next = { ...row, op };
  const wasList = takesList(row.op);
  if (takesNothing(op)) delete next.value;
  else if (takesList(op))
    next.value = wasList ? row.value : row.value?.const === undefined ? undefined : [row.value.const];
  else if (op === "between") next.value = [Array.isArray(row.value) ? {} : (row.value ?? {}), {}];
  else if (wasList) next.value = row.value?.length ? { const: row.value[0] } : undefined;
  else if (row.op === "between") next.value = row.value?.[0];
  return next;
}

/** An ordering comparison asks first whether there is an answer. */
const guarded = (row) => ({ ...row, guard: isOrdered(row.op) && guardedPaths(row).length > 0 });
