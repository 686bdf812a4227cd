/** The form's own settings: title, intro, kind, audience, languages, lists of its own, questions before sending. */

import { escaped } from "./document.js";
import { button, field, fieldset, focusedIn, focusOn, h, icon, input, optionsOf, select } from "./dom.js";
import { Entries } from "./entries.js";
import { proposed } from "./keys.js";
import { fieldFor, showProblems } from "./problems.js";
import { TEXTS, textIn } from "./scope.js";
import { textsField } from "./texts.js";
import { warningsField } from "./warnings.js";

const CODE = /^[a-z]{2,3}(-[A-Z]{2})?$/;
/** @type {Set<string>} */
const TRANSLATED = new Set([...TEXTS, "message"]);
const OPTIONAL = new Set(["recipient_title", "intro", "recipient_label", "hint"]);

/**
 * Operations that take one language out of every text of the form.
 *
 * @param {Definition} definition
 * @param {string} code
 */
function withoutLanguage(definition, code) {
  /** @type {Operation[]} */
  const operations = [];
  /**
   * @param {unknown} part
   * @param {string} path
   */
  const walk = (part, path) => {
    if (typeof part !== "object" || part === null) return;
    for (const [name, value] of Object.entries(part)) {
      const here = `${path}/${escaped(name)}`;
      if (!TRANSLATED.has(name) || Array.isArray(value) || typeof value !== "object") walk(value, here);
      else if (value && code in value) {
        const isLast = OPTIONAL.has(name) && Object.keys(value).length === 1;
        operations.push({ op: "remove", path: isLast ? here : `${here}/${code}` });
      }
    }
  };
  walk(definition, "");
  return operations;
}

export class FormSettings {
  /**
   * @param {Editor} editor
   * @param {{ told: (words: string, undoable?: boolean) => void }} options
   */
  constructor(editor, { told }) {
    this.editor = editor;
    this.told = told;
    this.body = h("div.vo-group__body");
    this.digest = h("span.vo-group__digest");
    this.element = h(
      "details.vo-group.vo-settings",
      {},
      h(
        "summary",
        {},
        icon("arrow-right", "vo-turns"),
        icon("cog"),
        h("span.vo-group__name", {}, editor.t("form_settings")),
        this.digest,
      ),
      this.body,
    );
    this.element.addEventListener("toggle", () => this.element.open && !this.body.childElementCount && this.draw());
    this.update();
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number | undefined>} [values]
   */
  t(name, values) {
    return this.editor.t(name, values);
  }

  update() {
    const { editor } = this;
    const kind =
      editor.catalogue.kinds.find(({ value }) => value === editor.definition.kind)?.label ?? editor.definition.kind;
    this.digest.textContent = [
      textIn(editor.definition.title, editor.language),
      kind,
      editor.languages.map((code) => editor.languageName(code)).join(", "),
    ]
      .filter(Boolean)
      .join(" · ");
    const problems = editor.problemsOf(editor.definition);
    this.element.classList.toggle("has-problems", problems.length > 0);
    showProblems(this.element, problems, (problem) =>
      h("p.vo-problem", {}, icon("warning"), h("span", {}, editor.problemWords(problem))),
    );
  }

  /** Draws anew if it stands open, else when it is opened next. */
  redraw() {
    const focus = focusedIn(this.body);
    this.body.replaceChildren();
    if (this.element.open) this.draw();
    if (focus) focusOn(this.body, focus);
    this.update();
  }

  draw() {
    const { editor } = this;
    const kinds = optionsOf(editor.catalogue.kinds);
    const setKind = (/** @type {string} */ value) =>
      editor.document.set(editor.definition, "kind", value, { origin: "panel", label: this.t("step_settings") });
    this.body.replaceChildren(
      h("div.vo-panel__problems"),
      textsField(editor, editor.definition, ["title"], this.t("title"), { needed: true }),
      textsField(editor, editor.definition, ["intro"], this.t("intro"), { multiline: true }),
      field(
        this.t("kind"),
        select(kinds, editor.definition.kind, { disabled: editor.readOnly, "data-focus": "/kind", onChange: setKind }),
        { at: "/kind" },
      ),
      this.audience(),
      this.languages(),
      this.lists(),
      ...(editor.definition.audience === "public" ? [] : [warningsField(this)]),
    );
    this.update();
  }

  /** Who fills it. "staff" is what a form is that doesn't say, so it is taken out rather than written. */
  audience() {
    const { editor } = this;
    const { definition } = editor;
    const choices = optionsOf(editor.catalogue.audiences);
    const set = (/** @type {string} */ value) =>
      editor.document.set(definition, "audience", value === "staff" ? undefined : value, {
        label: this.t("step_settings"),
      });
    const count = definition.sections
      .flatMap((section) => section.items)
      .filter(({ item }) => item === "question").length;
    const tooMany = definition.audience === "public" && count > editor.catalogue.many_public;
    const control = select(choices, definition.audience ?? "staff", {
      disabled: editor.readOnly,
      "data-focus": "/audience",
      onChange: set,
    });
    return h(
      "div",
      {},
      field(this.t("audience"), control, { at: "/audience", hint: this.t("audience_hint") }),
      tooMany && h("p.vo-cond__note", { role: "note" }, icon("warning"), this.t("audience_many", { count })),
    );
  }

  /** @param {string} at */
  focusAt(at) {
    this.element.open = true;
    if (!this.body.childElementCount) this.draw();
    const control = fieldFor(this.body, at)?.querySelector("input, textarea, select");
    /** @type {HTMLElement | null} */ (control ?? this.element.querySelector("summary"))?.focus();
  }

  // ---- languages ----

  languages() {
    const { editor } = this;
    const rows = editor.languages.map((code, index) => this.language(code, index));
    const known = Object.entries(editor.catalogue.languages).filter(([code]) => !editor.languages.includes(code));
    const choice = select([["", this.t("choose")], ...known, ["other", this.t("other_code")]], "", {
      "aria-label": this.t("add_language"),
      "data-focus": "/languages/add",
      onChange: (value) => {
        code.hidden = value !== "other";
      },
    });
    const code = input("", {
      hidden: true,
      "aria-label": this.t("language_code"),
      placeholder: "el",
      maxlength: 6,
      spellcheck: "false",
    });
    const problem = h("p.vo-problem", { role: "status" });
    const add = () => {
      const wanted = choice.value === "other" ? code.value.trim() : choice.value;
      if (!CODE.test(wanted) || editor.languages.includes(wanted)) {
        problem.textContent = wanted ? this.t("bad_language") : this.t("choose_language");
        return;
      }
      editor.document.apply([{ op: "add", path: `/languages/${editor.languages.length}`, value: wanted }], {
        label: this.t("step_settings"),
      });
      this.told(this.t("language_added", { language: editor.languageName(wanted) }));
    };
    const adder = editor.readOnly
      ? []
      : [
          h("div.vo-inline", {}, choice, code, button(this.t("add_language"), { iconName: "plus", onClick: add })),
          problem,
        ];
    return fieldset(
      this.t("languages"),
      { at: "/languages", hint: this.t("languages_hint") },
      h("ol.vo-chips", {}, rows),
      adder,
    );
  }

  /**
   * @param {string} code
   * @param {number} index
   */
  language(code, index) {
    const { editor } = this;
    const name = editor.languageName(code);
    const first = () =>
      editor.document.apply([{ op: "move", from: `/languages/${index}`, path: "/languages/0" }], {
        label: this.t("step_settings"),
      });
    const remove = () => {
      editor.document.apply(
        [
          ...withoutLanguage(editor.definition, code),
          { op: "remove", path: `/languages/${editor.languages.indexOf(code)}` },
        ],
        { label: this.t("step_settings") },
      );
      this.told(this.t("language_removed", { language: name }), true);
    };
    const tools =
      editor.readOnly || editor.languages.length === 1
        ? []
        : [
            index > 0 &&
              button(this.t("make_first"), {
                onClick: first,
                "aria-label": this.t("make_first_of", { language: name }),
              }),
            button(this.t("delete_of", { name }), { kind: "icon", iconName: "bin", onClick: remove }),
          ];
    return h(
      "li",
      {},
      h("span", {}, name, " ", h("span.vo-code", {}, code)),
      index === 0 && h("span.vo-quiet", {}, this.t("first_language")),
      tools,
    );
  }

  // ---- lists ----

  lists() {
    const { editor } = this;
    const lists = Object.entries(editor.definition.lists ?? {});
    const name = input("", {
      "aria-label": this.t("list_title"),
      placeholder: this.t("list_title"),
      "data-focus": "/lists/add",
    });
    const add = () => {
      const key = proposed(
        name.value,
        new Set([...Object.keys(editor.definition.lists ?? {}), ...Object.keys(editor.catalogue.lists)]),
        "list",
      );
      const list = { title: name.value.trim() ? { [editor.languages[0]]: name.value.trim() } : {}, choices: [] };
      const isFirst = !editor.definition.lists;
      editor.document.apply(
        [
          isFirst
            ? { op: "add", path: "/lists", value: { [key]: list } }
            : { op: "add", path: `/lists/${key}`, value: list },
        ],
        { label: this.t("step_settings") },
      );
    };
    const adder = editor.readOnly
      ? []
      : h("div.vo-inline", {}, name, button(this.t("add_list"), { iconName: "plus", onClick: add }));
    return fieldset(
      this.t("own_lists"),
      { at: "/lists", hint: this.t("own_lists_hint") },
      lists.map(([key, list]) => this.list(key, list)),
      adder,
    );
  }

  /**
   * @param {string} key
   * @param {ChoiceList} list
   */
  list(key, list) {
    const { editor } = this;
    const { definition } = editor;
    const title = textIn(list.title, editor.language, key);
    const table = new Entries(editor, definition, ["lists", key, "choices"], {
      words: this.t("choices"),
      add: this.t("add_choice"),
      attributes: true,
      exclusive: true,
    });
    const remove = () => {
      const isLast = Object.keys(definition.lists ?? {}).length === 1;
      editor.document.apply([{ op: "remove", path: isLast ? "/lists" : `/lists/${escaped(key)}` }], {
        label: this.t("step_settings"),
      });
      this.told(this.t("deleted", { name: title }), true);
    };
    return h(
      "details.vo-list-own",
      {},
      h(
        "summary",
        {},
        icon("arrow-right", "vo-turns"),
        title,
        " ",
        h("span.vo-code", {}, key),
        " ",
        h(
          "span.vo-quiet",
          {},
          this.t(list.choices.length === 1 ? "one_choice" : "count_choices", { count: list.choices.length }),
        ),
      ),
      textsField(editor, definition, ["lists", key, "title"], this.t("list_title")),
      table.element,
      !editor.readOnly && button(this.t("delete_list"), { kind: "no", iconName: "bin", onClick: remove }),
    );
  }
}
