/** What a phone that stores takes along (case_forms/devices/form_package.py) and works with (static/js/device/pages). */

interface PhoneRule extends Rule {
  items: PhoneRule[];
  /** The server's words for what is wrong, by code. */
  wrong?: Record<string, string>;
  constraint_words?: string;
  rows?: string[];
  accept?: string[];
  value_kind?: string;
}

interface PhoneSection {
  key: string;
  title: string;
  intro: string;
  relevant: Json;
  may_require: boolean;
  html: string;
  rules: PhoneRule[];
}

interface PhoneWarning {
  key: string;
  when: Json;
  message: string;
  section: string;
  question: string;
}

interface FormPackage {
  key: string;
  version: number;
  sha256: string;
  title: string;
  language: string;
  sections: PhoneSection[];
  rows: Record<string, string>;
  messages: { required: string; nothing: string; yes: string; no: string };
  warnings: PhoneWarning[];
  facts: Record<string, Json>;
  takes_files: boolean;
  /** Where a question asks for one: those that this phone knows. */
  sessions?: PackSession[];
  lists_sha256: string;
}

/** Something wrong, by the field it stands beside. */
interface PhoneProblem {
  name: string;
  code: string;
  words: string;
}

interface PhoneSectionState {
  key: string;
  title: string;
  isAsked: boolean;
  isTyped: boolean;
  problems: PhoneProblem[];
}

interface PackNumber {
  office: string;
  name: string;
  phone: string;
  on_duty?: boolean;
  until?: string | null;
  kind?: string;
}

interface PackForm {
  key: string;
  version: number;
  sha256: string;
  title: string;
  group: string;
  urgent?: boolean;
}

/** What the phone took along at its last contact (case_forms/devices/pack.py). */
interface Pack {
  made_at: string;
  expires_at: string;
  units: { slug: string; name: string }[];
  forms: PackForm[];
  numbers: PackNumber[];
  call_card: Record<string, string | string[]>;
  day: PackDayLine[];
  sessions: PackSession[];
  cases: { reference: string; facts: { label: string; value: string }[]; expires_at: string }[];
  kits: PackedKit[];
  /** Drafts that were begun on the service and wait to be taken along. */
  offered?: { id: string; title: string }[];
  more: { day: number; sessions: number; kits: number };
  alarm: { number: string; code_normal: string; code_urgent: string } | null;
}

interface PackDayLine {
  case: string;
  due: string | null;
  late: boolean;
  form: string;
}

interface PackSession extends PackedSession {
  date: string;
  starts_at: string | null;
  ends_at: string | null;
  place: string;
  municipality: string;
  audience: string;
  state: string;
  card: string;
  kit: number | null;
  grades: string;
  /** Of one that was planned here. */
  language?: string;
  unit?: string;
}

/** What every screen of the app page is given. */
interface PhoneApp {
  device: PhoneDevice;
  language: string;
  pack: Pack | null;
  /** Whether the service answered last. */
  isReached: boolean;
  /** Whether it answered that the person has to sign in. */
  isSignedOut: boolean;
  go: (path: string) => void;
  fail(error: unknown): Promise<void>;
  sync: () => Promise<void>;
  changed: () => void;
}

/** A screen; `leave` is awaited before the next one is shown. */
interface PhoneScreen {
  refresh?: () => void | Promise<void>;
  leave?: () => void | Promise<void>;
  close?: () => void;
  /** It is shown to a class, and stays open for longer without a press. */
  isShown?: boolean;
}

type PhoneOpener = (app: PhoneApp, rest: string) => PhoneScreen | Promise<PhoneScreen>;

// Named here: an `import()` in a comment of a module would be read as one of the script's.
type PhoneDevice = import("../static/js/device/core/index.js").Device;
type PhoneFilling = import("../static/js/device/pages/screens/fill.js").Filling;
type PhoneWhole = import("../static/js/device/pages/filling/whole_form.js").WholeForm;
type WalkJudged = import("../static/js/filling/live.js").Judged;
