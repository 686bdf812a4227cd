/** What can go wrong with an expression, and how much one may ask for: the twin of case_forms/expressions/{errors,limits}.py. */

export class LogicError extends Error {
  /** @param {string} code the codes of case_forms/expressions/errors.py */
  constructor(code, message) {
    super(message);
    this.name = "LogicError";
    this.code = code;
  }
}

export const LIMITS = { depth: 32, nodes: 2000, steps: 50000, length: 100000 };

/** One evaluation: the data it began with, and the steps it has left. */
export class Run {
  constructor(root) {
    this.root = root;
    this.steps = LIMITS.steps;
  }

  spend(steps) {
    this.steps -= steps;
    if (this.steps < 0) throw new LogicError("too_many_steps", "the expression takes too many steps");
  }

  checkLength(length) {
    if (length > LIMITS.length) throw new LogicError("too_many_steps", "the expression makes something too long");
  }
}
