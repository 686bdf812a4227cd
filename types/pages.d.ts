/** What the pages' own scripts work with (static/js outside of builder/). Ambient, as form_builder.d.ts. */

// ---- answers.js and filling/ ----

/** What reading a question's answer takes: its `type`, and what `QuestionType.live` gives. */
interface AnswerRule {
  type: string;
  /** Of types whose answers are days or times: a text (TextBounds). */
  min?: number;
  max?: number;
  step?: number;
  max_length?: number;
  coarsen?: string;
  exclusive?: string[];
}

/** The rule of a field of numbers, or of a text's length. */
type Bounds = Omit<AnswerRule, "type">;
type AnswerReader = (rule: AnswerRule, name: string, form: HTMLFormElement) => Json | undefined;

/** A question's, note's or repeat group's rule as the page carries it, with its conditions. */
interface Rule extends AnswerRule {
  key: string;
  item?: string;
  items: Rule[];
  choices: LiveChoice[];
  choice_filter?: Json;
  relevant?: Json;
  required?: Json;
  constraint?: Json;
  calculation?: Json;
  initial?: Json;
  default?: Json;
  result?: string;
  read_only?: boolean;
}

interface LiveChoice {
  value: string;
  label: string;
  with?: Record<string, string>;
}

/** The bounds of a type whose answers are texts: ISO days, times of day. */
interface TextBounds {
  min?: string;
  max?: string;
}

interface LiveWords {
  nothing: string;
  yes: string;
  no: string;
}

interface LiveRules {
  items: Rule[];
  scope: Record<string, Json>;
  kept: Record<string, Json>;
  words: LiveWords;
}

/** A field that a form sends. */
type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

interface KeptFile {
  id: string;
  name: string;
  size: number;
  address: string;
}

/** What the server says after saving. */
interface Told {
  version?: string;
  marks?: Json;
  kept: Record<string, KeptFile>;
  errors: Record<string, string>;
  differs?: boolean;
  go?: string;
  sign_in?: string;
}

/** What came of a sending (filling/post.js). */
type PostResult =
  | { kind: "go"; address: string }
  | { kind: "kept" | "differs"; told: Told }
  | { kind: "page"; page: Document }
  | { kind: "lost" | "large" }
  | { kind: "busy"; after: number }
  | { kind: "signIn"; address: string }
  | { kind: "refused"; status: number };

/** A button that was pressed. */
interface Press {
  name: string;
  value: string;
}

interface PressSettings {
  form: HTMLFormElement;
  waiting: HTMLElement;
  body: (press: Press) => FormData | URLSearchParams;
  before: () => Promise<unknown>;
  count: () => number;
  mend: (result: PostResult) => Promise<boolean>;
  done: (result: PostResult) => void;
  stopped?: () => void;
}

// ---- indicator_score.js ----

interface IndicatorCatalogue {
  profiles: string[];
  dimensions: Record<string, string>;
  strengths: Record<string, string>;
}

interface IndicatorCount {
  strong: number;
  medium: number;
  weak: number;
  why: string;
}

interface IndicatorScore {
  dimensions: Record<string, IndicatorCount>;
  pattern: "whole" | "vulnerability" | "none";
}

type IndicatorAnswers = Record<string, { answer: string; basis?: string }>;

// ---- asking/proof.js ----

/** altcha's challenge, version 1. */
interface WorkChallenge {
  algorithm: string;
  challenge: string;
  salt: string;
  signature: string;
  max: number;
}

// ---- what browsers have and TypeScript's library hasn't, or Wagtail's pages bring along ----

interface Window {
  chooserUrls?: Record<string, string | undefined>;
  initDateChooser: (id: string, options: object) => void;
  initTimeChooser: (id: string, options: object) => void;
  initDateTimeChooser: (id: string, options: object) => void;
  createTaskChooser: (id: string) => void;
  InlinePanel: new (options: object) => object;
  MultipleChooserPanel: new (options: object) => object;
  Chooser: WagtailChooser;
  PageChooser: WagtailChooser;
  ImageChooser: WagtailChooser;
  DocumentChooser: WagtailChooser;
  SnippetChooser: WagtailChooser;
  StimulusModule: { Controller: new () => object };
  wagtail: { app: { register(name: string, controller: new () => object): void } };
  jQuery: { _evalUrl(address: string): void };
}

interface DocumentEventMap {
  "allauth.error": CustomEvent<{ exception?: { name: string } }>;
  "w-autosave:success": HTMLElementEventMap["w-autosave:success"];
}

/** What Stimulus makes of the `values` of cms/start.js. */
interface StartValues {
  nameValue: string;
  idValue: string;
  optionsValue: object;
}

type WagtailChooser = new (id: string, options: object) => object;

type Saver = import("../static/js/filling/saving.js").Saver;
/** The answers and what else an expression may read. */
type Scoped = Record<string, Json | undefined>;

/**
 * Our pages are HTML: what a script looks for by its attributes or class is an HTMLElement, never a part of a drawing.
 * TypeScript's library knows only an Element there.
 */
interface ParentNode {
  querySelector<K extends keyof HTMLElementTagNameMap>(selectors: K): HTMLElementTagNameMap[K] | null;
  querySelector<E extends Element = HTMLElement>(selectors: string): E | null;
  querySelectorAll<K extends keyof HTMLElementTagNameMap>(selectors: K): NodeListOf<HTMLElementTagNameMap[K]>;
  querySelectorAll<E extends Element = HTMLElement>(selectors: string): NodeListOf<E>;
}

interface Element {
  closest<K extends keyof HTMLElementTagNameMap>(selector: K): HTMLElementTagNameMap[K] | null;
  closest<E extends Element = HTMLElement>(selectors: string): E | null;
}

// ---- logic.js ----

type Run = import("../static/js/logic/limits.js").Run;
/** [year, month, day] */
type Day = [year: number, month: number, day: number];
/** What an operator makes of its arguments as they were worked out. */
type Operate = (values: Json[], run: Run, data: Json) => Json;
/** What an operator makes of its arguments as they are written. */
type OperateLazily = (args: Json[], data: Json, run: Run) => Json;
