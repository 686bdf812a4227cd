/** Which PIN is refused: a short one, or one of those that are tried first. */

const LEAST_DIGITS = 6;
const LEAST_LETTERS = 8;
const DIGITS = "01234567890";
// Lines, corners and mirrors on the keypad: what people take when runs are refused.
const FAVOURITES = new Set("112233 147258 147369 159753 123321 123654 147852 258456 789456 102030 112358".split(" "));

/** @param {string} digits */
function isRun(digits) {
  return DIGITS.includes(digits) || [...DIGITS].reverse().join("").includes(digits);
}

/** @param {string} pin */
function isRepeated(pin) {
  for (let length = 1; length <= pin.length / 2; length += 1)
    if (pin.length % length === 0 && pin.slice(0, length).repeat(pin.length / length) === pin) return true;
  return false;
}

/** @type {(day: string, month: string) => boolean} */
const isDay = (day, month) => Number(day) >= 1 && Number(day) <= 31 && Number(month) >= 1 && Number(month) <= 12;

/** @param {string} pin digits only */
function isDate(pin) {
  const [a, b, c] = [pin.slice(0, 2), pin.slice(2, 4), pin.slice(4, 6)];
  if (pin.length === 6) return isDay(a, b) || isDay(b, a) || isDay(c, b);
  if (pin.length !== 8) return false;
  const isYear = (/** @type {string} */ four) => four >= "1900" && four <= "2099";
  if (isYear(pin.slice(4)) && (isDay(a, b) || isDay(b, a))) return true;
  return isYear(pin.slice(0, 4)) && (isDay(pin.slice(6), c) || isDay(c, pin.slice(6)));
}

/**
 * @param {string} pin
 * @returns {"pin-short" | "pin-obvious" | null}
 */
export function pinProblem(pin) {
  const chosen = pin.normalize("NFKC").trim();
  const isNumber = /^\d+$/.test(chosen);
  if (chosen.length < (isNumber ? LEAST_DIGITS : LEAST_LETTERS)) return "pin-short";
  if (isRepeated(chosen)) return "pin-obvious";
  if (isNumber && (isRun(chosen) || isDate(chosen) || FAVOURITES.has(chosen))) return "pin-obvious";
  return null;
}
