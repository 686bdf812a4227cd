/**
 * What the editor of procedures works with (static/js/procedures), beside the form builder's types. The definition is
 * described in docs/procedures.md, the catalogue in case_forms/procedure_editor/schema.py.
 */

type ProcedureGroup = "rules" | "deadlines" | "ladders" | "facts" | "settings" | "chains" | "calendars" | "flags";

interface LadderStep {
  after_minutes?: number;
  do?: string;
  repeat_minutes?: number;
}

/** An action as it is stored: its parameters stand beside `do`. */
type StoredAction = { do?: string } & Record<string, Stored>;

interface ProcedureRule {
  key: string;
  title?: Texts;
  on?: string;
  forms?: string[];
  when?: Expression;
  words?: Texts;
  then?: StoredAction[];
}

interface ProcedureFact {
  key: string;
  label?: Texts;
  value?: Expression;
}

interface ProcedureSetting {
  label?: Texts;
  choices?: { value?: string; label?: Texts }[];
  default?: string;
  value?: string;
}

interface ProcedureDeadline {
  label?: Texts;
  calendar?: string;
  ladder?: string;
}

interface ProcedureCalendar {
  label?: Texts;
  hours?: Record<string, [string, string][]>;
  public_holidays?: boolean;
  closed?: string[];
}

interface ProcedureDefinition {
  format: number;
  key: string;
  title?: Texts;
  basis?: Texts;
  rules?: ProcedureRule[];
  facts?: ProcedureFact[];
  deadlines?: Record<string, ProcedureDeadline>;
  ladders?: Record<string, LadderStep[]>;
  settings?: Record<string, ProcedureSetting>;
  chains?: Record<string, string[]>;
  calendars?: Record<string, ProcedureCalendar>;
  flags?: Record<string, { label?: Texts }>;
}

interface ActionParameter {
  name: string;
  kind: string;
  label: string;
  is_needed: boolean;
  choices: Named[];
}

interface ActionKind extends Named {
  needs_case: boolean;
  parameters: ActionParameter[];
}

interface EventKind extends Named {
  has_case: boolean;
  is_public: boolean;
  has_form: boolean;
  form_kind: string;
  actions: string[];
  has_date: boolean;
  names: string[];
}

interface ScopeName {
  path: string;
  kind: string;
  texts: Texts;
  choices?: Choice[];
}

interface ProcedureSchema {
  languages: string[];
  events: EventKind[];
  actions: ActionKind[];
  names: ScopeName[];
  roles: Named[];
  links: Named[];
  steps: Named[];
  weekdays: Named[];
  confidences: Named[];
  deadline_fields: { name: string; kind: string }[];
  forms: { key: string; title: string; is_public: boolean; kind: string }[];
}

interface ProcedureCatalogue extends Catalogue {
  procedure: ProcedureSchema;
}

/** A problem as the server places it: `part` is the pointer of the part that it is about. */
interface PlacedProblem extends ServerProblem {
  part: string;
  anchor: string;
  where: string;
  is_blocking: boolean;
}

interface ProcedureSettings extends EditorSettings {
  urls: { preview: string; current: string; scopes: string; findings: string };
}

interface ProcedureData {
  definition: ProcedureDefinition;
  catalogue: ProcedureCatalogue;
  problems: PlacedProblem[];
  settings: ProcedureSettings;
}

/** What the server answers when asked what conditions may read. */
interface Scopes {
  forms: Record<string, Definition>;
  lists: Record<string, KnownList>;
}

type ProcedureEditor = import("../static/js/procedures/state.js").ProcedureEditor;
type Cards = import("../static/js/procedures/cards.js").Cards;
type Card = import("../static/js/procedures/card.js").Card;

/** Where a part stands: its group, its pointer, and the node itself. */
interface PartPlace {
  group: ProcedureGroup | "";
  path: string;
  key: string;
  node: FormNode;
}

/** What the fields of a part ask of its card. */
interface PanelHelp {
  redraw: () => void;
  rename: (operations: Operation[], key: string) => void;
  onTitle: (language: string, text: string) => void;
}

/** What draws the fields of a part; what isn't an element is left out. */
type PanelDrawer = (editor: ProcedureEditor, place: PartPlace, help: PanelHelp) => Child[];

/** What the server answers when asked what it has found about the draft. */
interface Findings {
  base: string;
  problems: PlacedProblem[];
  findings: PlacedProblem[];
}
