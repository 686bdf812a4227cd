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
