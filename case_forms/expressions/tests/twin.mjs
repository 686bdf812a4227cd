// Evaluates cases read as JSON from standard input with static/js/logic.js; prints the outcomes as JSON.
import { readFileSync } from "node:fs";
import { evaluate, truthy } from "../../../static/js/logic.js";

const outcome = ({ rule, data }) => {
  try {
    const result = evaluate(rule, data);
    return { result, truthy: truthy(result) };
  } catch (error) {
    return { error: error.code ?? String(error) };
  }
};

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(outcome)));
