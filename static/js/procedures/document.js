/** A procedure being edited: the form builder's document, whose nodes are found wherever they stand. */

import { at, Document, escaped } from "../builder/document.js";

/**
 * The JSON pointers of everything that holds something.
 *
 * @param {unknown} tree
 */
function pathsIn(tree) {
  /** @type {Map<FormNode, string>} */
  const paths = new Map();
  /**
   * @param {unknown} value
   * @param {string} path
   */
  const walk = (value, path) => {
    if (typeof value !== "object" || value === null) return;
    paths.set(/** @type {FormNode} */ (value), path);
    for (const [name, part] of Object.entries(value)) walk(part, `${path}/${escaped(name)}`);
  };
  walk(tree, "");
  return paths;
}

export class ProcedureDocument extends Document {
  /** @type {Map<FormNode, string>} */
  places = new Map();

  /**
   * @param {FormNode} node
   * @returns {string | undefined}
   */
  pathOf(node) {
    if (node === this.definition) return "";
    const known = this.places.get(node);
    // Parts that are stored by name come and go without a list being changed: what was known is looked at again.
    if (known !== undefined && at(this.definition, known) === node) return known;
    this.places = pathsIn(this.definition);
    return this.places.get(node);
  }
}
