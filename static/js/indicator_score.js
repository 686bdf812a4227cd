/**
 * What the answered indicators add up to: the twin of case_forms/questions/indicator_score.py, held to the same
 * vectors. It only suggests. `catalogue`: {profiles, dimensions: {id: phase}, strengths: {indicator: a letter for each
 * profile}}.
 */

const RECRUITED = ["deceptive_recruitment", "coercive_recruitment"];
const RECRUITED_VULNERABLE = "recruitment_abuse_vulnerability";
const COERCED = "coercion_destination";
const VULNERABLE = "abuse_vulnerability_destination";
const EXPLOITED = "exploitation";

/**
 * The part of the rule that makes a dimension positive; "" when none does.
 *
 * @param {number} strong
 * @param {number} medium
 * @param {number} weak
 */
export function whyPositive(strong, medium, weak) {
  if (strong >= 2) return "two_strong";
  if (strong && medium + weak) return "strong_and_another";
  if (medium >= 3) return "three_medium";
  return medium >= 2 && weak ? "two_medium_and_weak" : "";
}

/** @param {string} indicator */
const dimensionOf = (indicator) => indicator.split(".")[0];

/**
 * @param {string[]} present
 * @param {IndicatorCatalogue} catalogue
 * @param {number} letter
 */
function counted(present, catalogue, letter) {
  /** @type {Record<string, IndicatorCount>} */
  const dimensions = {};
  for (const id of Object.keys(catalogue.dimensions)) {
    const strengths = present.filter((key) => dimensionOf(key) === id).map((key) => catalogue.strengths[key][letter]);
    const [strong, medium, weak] = ["S", "M", "W"].map((name) => strengths.filter((each) => each === name).length);
    dimensions[id] = { strong, medium, weak, why: whyPositive(strong, medium, weak) };
  }
  return dimensions;
}

/**
 * {dimensions: {id: {strong, medium, weak, why}}, pattern: "whole" | "vulnerability" | "none"} for one profile.
 *
 * @param {IndicatorAnswers} answers
 * @param {string} profile
 * @param {IndicatorCatalogue} catalogue
 * @returns {IndicatorScore}
 */
export function score(answers, profile, catalogue) {
  const present = Object.keys(answers).filter((key) => key in catalogue.strengths && answers[key].answer === "present");
  const dimensions = counted(present, catalogue, catalogue.profiles.indexOf(profile));
  const positive = (/** @type {string} */ id) => dimensions[id].why !== "";
  const recruited = RECRUITED.some(positive);
  /** @type {IndicatorScore["pattern"]} */
  let pattern = "none";
  if (profile.startsWith("child")) {
    const act = present.some((key) => catalogue.dimensions[dimensionOf(key)] === "recruitment");
    if (positive(EXPLOITED) && act) pattern = "whole";
  } else if (positive(EXPLOITED) && positive(COERCED) && recruited) {
    pattern = "whole";
  } else if (
    positive(EXPLOITED) &&
    (positive(COERCED) || positive(VULNERABLE)) &&
    (recruited || positive(RECRUITED_VULNERABLE))
  ) {
    pattern = "vulnerability";
  }
  return { dimensions, pattern };
}

/**
 * Short of a pattern, and still enough to look closer: our own proposal.
 *
 * @param {{ dimensions: Record<string, IndicatorCount> }} options
 * @param {string} profile
 */
function showsSigns({ dimensions }, profile) {
  const counts = Object.values(dimensions);
  const isThere = (/** @type {IndicatorCount} */ { strong, medium, weak }) => strong + medium + weak > 0;
  if (counts.some(({ strong }) => strong)) return true;
  if (profile.startsWith("child")) return isThere(dimensions[EXPLOITED]);
  return counts.some(({ why }) => why) || (isThere(dimensions[EXPLOITED]) && counts.filter(isThere).length > 1);
}

/**
 * {scores: {profile: score}, adult, child, asked, unknown, isInsufficient}: what it comes to.
 *
 * @param {IndicatorAnswers} answers
 * @param {IndicatorCatalogue} catalogue
 */
export function suggestion(answers, catalogue) {
  const given = Object.keys(answers)
    .filter((key) => key in catalogue.strengths && answers[key].answer !== "not_asked")
    .map((key) => answers[key].answer);
  const unknown = given.filter((answer) => answer === "unknown").length;
  const isInsufficient = unknown * 2 > given.length;
  const scores = Object.fromEntries(catalogue.profiles.map((profile) => [profile, score(answers, profile, catalogue)]));
  const said = (/** @type {string} */ group) => {
    const profiles = catalogue.profiles.filter((profile) => profile.startsWith(group));
    if (profiles.some((profile) => scores[profile].pattern !== "none")) return "pattern";
    if (profiles.some((profile) => showsSigns(scores[profile], profile))) return "signs";
    if (!given.length) return "nothing";
    return isInsufficient ? "insufficient" : "no_pattern";
  };
  return { scores, adult: said("adult"), child: said("child"), asked: given.length, unknown, isInsufficient };
}
