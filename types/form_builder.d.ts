/**
 * What the editor of forms works with (static/js/builder). Ambient: the scripts name these types in JSDoc and import
 * nothing for them. The definition is described in docs/forms.md, the catalogue in case_forms/form_builder/catalogue.py.
 */

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
/** JSON-Logic (docs/expressions.md). */
type Expression = Json;
/** What stands at a place of the definition; undefined: nothing does. */
type Stored = unknown;
/** One text by language. */
type Texts = Record<string, string>;
/** The names that lead from a node to a place in it. */
type Names = (string | number)[];

// ---- the definition ----

interface Choice {
  value: string;
  label: Texts;
  with?: Record<string, string>;
  exclusive?: boolean;
}

interface Constraint {
  expr: Expression;
  message: Texts;
}

/** What a section, an item or the form itself may carry. */
interface FormNode {
  key: string;
  item?: "question" | "repeat" | "note";
  type?: string;
  title?: Texts;
  label?: Texts;
  text?: Texts;
  intro?: Texts;
  hint?: Texts;
  recipient_title?: Texts;
  recipient_label?: Texts;
  low_label?: Texts;
  high_label?: Texts;
  items?: Item[];
  relevant?: Expression;
  required?: Expression;
  initial?: Expression;
  choice_filter?: Expression;
  calculation?: Expression;
  when?: Expression;
  constraint?: Constraint;
  shared_with?: Record<string, Expression>;
  sensitivity?: string;
  paper?: boolean;
  brief_part?: string;
  keep_for?: number;
  keep_basis?: string;
  writes_fact?: string;
  filled_from_fact?: string;
  choices?: Choice[];
  choices_from?: string;
  rows?: Choice[];
  accept?: string[];
  appearance?: string;
  coarsen?: string;
  default?: Json;
  max?: number | string;
  max_length?: number;
  min?: number | string;
  of?: string;
  question?: string;
  read_only?: boolean;
  result?: string;
  step?: number;
}

interface Question extends FormNode {
  item: "question";
  type: string;
}

interface Repeat extends FormNode {
  item: "repeat";
  items: Item[];
}

interface Note extends FormNode {
  item: "note";
}

type Item = Question | Repeat | Note;

interface Section extends FormNode {
  item?: undefined;
  items: Item[];
}

/** Asked about before sending; it has no `item`, but keys and expressions as items have. */
interface Warning extends FormNode {
  message: Texts;
}

interface ChoiceList {
  title: Texts;
  choices: Choice[];
}

interface Definition extends FormNode {
  kind?: string;
  audience?: string;
  languages: string[];
  sections: Section[];
  lists?: Record<string, ChoiceList>;
  warnings?: Warning[];
}

/** What has a line of its own in the outline. */
type LineNode = Section | Item;
/** What lists of items stand in. */
type Holder = Section | Repeat;

/** An item and what it stands in. */
interface Placed {
  item: Item;
  section: Pick<Section, "items">;
  parents: Repeat[];
}

interface Place {
  holder: Holder | Definition;
  items: LineNode[];
  index: number;
}

// ---- changes ----

/** RFC 6902. */
type Operation =
  | { op: "add" | "replace"; path: string; value: Stored }
  | { op: "remove"; path: string }
  | { op: "move"; path: string; from: string };

/** `origin`: "panel" for what one types there, "history" for undoing; `merge` joins steps of undo. */
interface ChangeOptions {
  label?: string;
  merge?: string;
  origin?: string | null;
}

interface Change {
  operations: Operation[];
  origin: string | null;
}

interface Step {
  operations: Operation[];
  inverse: Operation[];
  label: string;
  merge: string;
  at: number;
}

type FormDocument = import("../static/js/builder/document.js").Document;
type Editor = import("../static/js/builder/state.js").Editor;
type Actions = import("../static/js/builder/actions.js").Actions;
type Entries = import("../static/js/builder/entries.js").Entries;
type LineView =
  | import("../static/js/builder/line_views.js").ItemView
  | import("../static/js/builder/line_views.js").SectionView;
type OutlinePanel = import("../static/js/builder/panel.js").Panel;
type FormSettings = import("../static/js/builder/form_settings.js").FormSettings;

/** As the server names it: `path` is a JSON pointer into the definition. */
interface ServerProblem {
  path: string;
  code: string;
  message: string;
}

/** `at`: the pointer inside the node. */
interface Problem {
  node: FormNode;
  at: string;
  code: string;
  message: string;
}

// ---- the catalogue ----

interface Named {
  value: string;
  label: string;
  hint?: string;
}

interface TypePart {
  path: string;
  label: Texts;
  kind: string;
  list?: string;
}

interface QuestionType {
  label: string;
  hint: string;
  icon: string;
  kind: string;
  properties: string[];
  bounds?: string;
  list?: string;
  choices?: Choice[];
  parts?: TypePart[];
  part_choices?: Choice[];
  refused?: string[];
}

interface KnownList {
  label: string;
  choices: Choice[];
  attributes: string[];
}

interface Catalogue {
  words: Record<string, string>;
  sentences: Record<string, Record<string, string>>;
  all_operators: string[];
  operators: Record<string, string[]>;
  types: Record<string, QuestionType>;
  type_groups: { label: string; types: string[] }[];
  lists: Record<string, KnownList>;
  roles: Named[];
  brief_parts: Named[];
  retention_bases: Named[];
  kinds: Named[];
  audiences: Named[];
  many_public: number;
  sensitivities: Named[];
  languages: Record<string, string>;
  appearances: Record<string, [string, string][]>;
  new_sensitivity: string;
  case_forms: Choice[];
  facts?: KnownFact[];
}

/** A kind of fact that a case remembers. */
interface KnownFact {
  key: string;
  label: Texts;
  type: string;
  kind: string;
  choices: Choice[];
  sensitivity: string;
  lasting: boolean;
}

interface EditorSettings {
  language: string;
  base: string;
  readOnly?: boolean;
  autosaves?: boolean;
  publishedKeys?: string[];
  publishedValues?: Record<string, string[]>;
  publishedLists?: Record<string, string[]>;
  urls: { preview: string; current: string };
}

interface EditorData {
  definition: Definition;
  catalogue: Catalogue;
  problems?: ServerProblem[];
  settings?: Partial<EditorSettings>;
}

/** What mountOutline gives. */
interface OutlineHandle {
  definition(): Definition;
  changes(): Operation[];
  mark(): void;
  reveal(key: string): void;
  setProblems(problems: ServerProblem[]): void;
  onChange(listener: () => void): () => void;
  /** What the page has of the server's own words, by their shas, where it is sent those that changed. */
  known?(): string;
  /** Told of the server's answer to a save; `waits`: something was changed since. */
  saved?(response: SaveReply, waits: boolean): void;
}

/** The server's answer to a save. */
interface SaveReply {
  base: string;
  problems?: ServerProblem[];
  parts?: { path: string; sha: string; html?: string }[];
  pk?: number;
}

interface Sending {
  count: number;
  definition: Definition;
}

// ---- what an expression may read ----

/** Where a question stands, seen from the expression: a section, or a word of the catalogue (`place_...`). */
type ScopePlace = FormNode | string | null;

/** What a value is compared with. */
interface Nature {
  kind: string;
  choices: Choice[] | null;
  path?: string;
  type?: string;
  item?: FormNode;
  unknown?: boolean;
}

interface ScopeEntry extends Nature {
  path: string;
  place: ScopePlace;
  texts: Texts;
  part?: boolean;
}

interface ScopeRepeat {
  path: string;
  item: Repeat;
  place: ScopePlace;
  texts: Texts;
  entries: ScopeEntry[];
  repeats: ScopeRepeat[];
}

interface Scope {
  entries: ScopeEntry[];
  repeats: ScopeRepeat[];
  inRow: boolean;
  occurred: boolean;
  choiceRefs?: boolean;
}

// ---- conditions as rows (builder/conditions.js) ----

type Subject =
  | { of: "var"; path: string }
  | { of: "age"; path: string; on: string }
  | { of: "days"; from: string; to: string }
  | { of: "count"; list: string; where: Group | null }
  | { of: "sum"; list: string; path: string; where: Group | null }
  | { of: "today" | "occurred" };

/** A value of a row; without either it is yet to be entered. */
interface Operand {
  const?: Json;
  ref?: Subject;
}

interface CompareRow {
  is: "compare";
  subject: Subject;
  op: string;
  /** One, two for "between", a list of constants for "one_of" and its like, none for "answered". */
  value?: Operand | Operand[] | Json[];
  guard: boolean;
}

interface RowsRow {
  is: "rows";
  which: string;
  list: string;
  where: Group;
}

interface RawRow {
  is: "raw";
  expression: Expression;
}

interface BlankRow {
  is: "blank";
}

interface Group {
  is: "group";
  kind: string;
  rows: Row[];
}

type Row = CompareRow | RowsRow | RawRow | BlankRow | Group;

/** What stands half-built at a place of an item, and what was stored when it was begun. */
interface ConditionDraft {
  stored: Stored;
  when: boolean;
  group: Group | null;
}

interface CalculationDraft {
  stored: Stored;
  part: Part;
}

// ---- calculations as parts (builder/calculations.js) ----

type SubjectPart = { is: "subject"; subject: Subject };
type ConstPart = { is: "const"; value: string | number };
type OpPart = { is: "op"; op: string; parts: Part[] };
type RoundPart = { is: "round"; part: Part; places: number };
type ListedPart = { is: "listed"; list: string; path: string; separator: string };
type IfPart = { is: "if"; cases: { when: Group; result: Part }[]; otherwise: Part };
type Part = SubjectPart | ConstPart | OpPart | RoundPart | ListedPart | IfPart | RawRow | BlankRow;

// ---- making elements (builder/dom.js) ----

/** An element that a panel brings up to date. */
type Refreshing = HTMLElement & { refresh: () => void };
type Tagged<T extends string> = T extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[T] : HTMLElement;
/** The element that "button.vo-add" makes. */
type ElementOf<N extends string> = N extends `${infer T}.${string}` ? Tagged<T> : Tagged<N>;
type Child = Node | string | number | null | undefined | false | Child[];
/** What listens, by the event's name. */
type Listeners = { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => unknown };
type Prop = string | number | boolean | null | undefined;
interface Attributes {
  [data: `data-${string}`]: Prop;
  [aria: `aria-${string}`]: Prop;
  autocapitalize?: Prop;
  autocomplete?: Prop;
  checked?: boolean;
  disabled?: boolean;
  for?: string;
  form?: string;
  hidden?: boolean;
  id?: string;
  label?: string;
  lang?: string;
  max?: Prop;
  maxlength?: number;
  min?: Prop;
  name?: string;
  open?: boolean;
  placeholder?: string;
  readonly?: boolean;
  role?: string;
  rows?: number;
  scope?: string;
  spellcheck?: string;
  step?: Prop;
  tabindex?: string;
  title?: string;
  type?: string;
  value?: Prop;
}
/** What an element is made with: attributes, what listens, what its dataset holds. */
interface Props extends Attributes {
  on?: Listeners;
  data?: Record<string, string | undefined>;
}
type SelectOption = [value: string, words: string];
type SelectOptions = (SelectOption | { group: string; options: SelectOption[] })[];
type Control = HTMLInputElement | HTMLTextAreaElement;

interface MenuEntry {
  words: string;
  iconName: string;
  shortcut?: string;
  disabled?: boolean;
  danger?: boolean;
  run: () => void;
}

/** What a group of a panel asks of the panel. */
interface PanelTools {
  redraw: () => void;
  adopt: (table: Entries) => void;
  changeType: (question: Question) => void;
  /** The words of a constraint that was just taken away. */
  message?: Texts;
}

// ---- reading an expression back (builder/sentence.js) ----

type Reader = import("../static/js/builder/sentence.js").Reader;
type Phrase = (reader: Reader, operator: string, parts: Expression[]) => string;
type Lines = import("../static/js/builder/lines.js").Lines;

/** The holder of the tree that operations change. */
interface Tree {
  tree: Stored;
}

/** An operation as the log keeps it, until it is told. */
type LogEntry = Operation & { inList: boolean };

/** What a select of subjects stands for: a row, or the subject of a calculation. */
type SubjectHolder = Row | { is: "calc"; subject: Subject | null };

/** How the preview asks: `anew` makes the frame anew in any case; `press` is the button, as [name, value]. */
interface AskOptions {
  anew?: boolean;
  press?: [name: string, value: string];
}

/** What the preview's address answers. */
interface PreviewReply {
  report: string;
  page: string;
  section: string;
  language: string;
  languages: [code: string, name: string][];
}

/** What the editor's page is told of another's save. */
interface CurrentForm {
  definition: Definition;
  base: string;
  by: string;
  at: string;
  revision_id: string;
  revision_created_at: string;
}

/** Wagtail's autosave speaks of itself by these. */
interface HTMLElementEventMap {
  "w-autosave:save": CustomEvent<{ formData: FormData }>;
  "w-autosave:success": CustomEvent<{ response: SaveReply }>;
  "w-autosave:error": CustomEvent<{ type: string; text: string }>;
}
