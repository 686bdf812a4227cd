/** Texts as the server cleans them: case_forms/questions/texts.py and reaching.py. */

const SHORT = 300;
const LONG = 20000;
// what Python takes for blank, which isn't quite what JavaScript does
const BLANK = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const AROUND = new RegExp(`^${BLANK}+|${BLANK}+$`, "g");
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;
const REFERENCE = /^[23456789ABCDEFGHJKMNPQRSTVWXYZ]{6}$/;
const PHONE = /^\+?(?:[ ()/.-]{0,3}[0-9]){3,17}[ ()/.-]{0,3}$/;
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const EMAIL = new RegExp(`^[A-Za-z0-9.!#$%&'*+/=?^_\`{|}~-]{1,64}@${LABEL}(?:\\.${LABEL})+$`);
const HOME = "355";

/** @param {string} entered */
export function stripped(entered) {
  return entered.replace(AROUND, "");
}

/**
 * @param {string} entered
 * @param {number} longest
 */
function cleaned(entered, longest) {
  const lines = entered.replace(/\r\n?/g, "\n");
  if ([...lines].length > longest || CONTROLS.test(entered)) return undefined;
  return stripped(lines.normalize("NFC")) || undefined;
}

/**
 * @param {Bounds} rule
 * @param {string} entered
 */
export function text(rule, entered) {
  const found = cleaned(entered, Math.min(rule.max_length ?? SHORT, SHORT));
  return found?.includes("\n") ? undefined : found;
}

/**
 * @param {Bounds} rule
 * @param {string} entered
 */
export function longText(rule, entered) {
  return cleaned(entered, Math.min(rule.max_length ?? LONG, LONG));
}

/**
 * @param {Bounds} _rule
 * @param {string} entered
 */
export function caseReference(_rule, entered) {
  const reference = entered.toUpperCase();
  return entered.length <= 32 && REFERENCE.test(reference) ? reference : undefined;
}

/**
 * As E.164. Which lengths there are in other countries only the server knows; here 8 to 15 digits will do.
 *
 * @param {Bounds} _rule
 * @param {string} entered
 */
export function phone(_rule, entered) {
  if (entered.length > 64 || !PHONE.test(entered)) return undefined;
  const digits = entered.replace(/[^0-9]/g, "");
  const abroad = entered.startsWith("+");
  if (!abroad && digits.length <= 6) return digits;
  let whole = digits;
  if (!abroad && digits.startsWith("00")) whole = digits.slice(2);
  else if (!abroad && !(digits.startsWith(HOME) && digits.length > 9)) whole = HOME + digits;
  if (!whole.startsWith(HOME)) return /^[1-9][0-9]{7,14}$/.test(whole) ? `+${whole}` : undefined;
  const rest = whole.slice(HOME.length).replace(/^0/, "");
  return /^[1-9][0-9]{4,8}$/.test(rest) ? `+${HOME}${rest}` : undefined;
}

/**
 * @param {Bounds} _rule
 * @param {string} entered
 */
export function email(_rule, entered) {
  if (entered.length > 254 || !EMAIL.test(entered)) return undefined;
  const at = entered.lastIndexOf("@");
  return entered.slice(0, at) + entered.slice(at).toLowerCase();
}
