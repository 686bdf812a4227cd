/**
 * The definition being edited: a tree of plain JSON that is changed by RFC 6902 operations only, so that every change
 * can be undone, told to the server, and told to whoever draws it.
 *
 * Nodes (sections, items) keep their identity while they are changed and moved: views may hold on to them.
 */

const MERGE_WITHIN = 1500; // milliseconds in which typing in one place stays one step of undo
const MAX_STEPS = 300;

export const escaped = (name) => String(name).replaceAll("~", "~0").replaceAll("/", "~1");
export const steps = (pointer) =>
  pointer === "" ? [] : pointer.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
export const copied = (value) => (value === undefined ? undefined : structuredClone(value));

export function same(left, right) {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]));
}

export function at(tree, pointer) {
  let found = tree;
  for (const step of steps(pointer)) found = found?.[step];
  return found;
}

function parentOf(holder, pointer) {
  const way = steps(pointer);
  const name = way.pop();
  let parent = holder.tree;
  for (const step of way) parent = parent?.[step];
  if (typeof parent !== "object" || parent === null) throw new RangeError(`nothing at ${pointer}`);
  return [parent, name];
}

/** Applies one operation in place; gives the operation that takes it back. `holder` is {tree}. */
export function applied(holder, operation) {
  const { op, path } = operation;
  if (op === "move") {
    if (path === operation.from) return { op, from: path, path };
    const value = at(holder.tree, operation.from);
    applied(holder, { op: "remove", path: operation.from });
    applied(holder, { op: "add", path, value });
    return { op: "move", from: path, path: operation.from };
  }
  if (path === "") {
    const before = holder.tree;
    holder.tree = operation.value;
    return { op: "replace", path, value: before };
  }
  const [parent, name] = parentOf(holder, path);
  const before = parent[name];
  if (Array.isArray(parent)) {
    if (op === "add") {
      const place = name === "-" ? parent.length : Number(name);
      parent.splice(place, 0, operation.value);
      return { op: "remove", path: path.replace(/-$/, String(place)) };
    }
    if (op === "remove") {
      parent.splice(Number(name), 1);
      return { op: "add", path, value: before };
    }
  } else if (op === "remove") {
    delete parent[name];
    return { op: "add", path, value: before };
  } else if (op === "add" && !Object.hasOwn(parent, name)) {
    parent[name] = operation.value;
    return { op: "remove", path };
  }
  parent[name] = operation.value;
  return { op: "replace", path, value: before };
}

/** A pointer as it reads once the entry of a list at `removed` is gone. */
function shifted(pointer, removed) {
  const cut = removed.lastIndexOf("/");
  const list = removed.slice(0, cut + 1);
  if (!pointer.startsWith(list)) return pointer;
  const [index, ...rest] = pointer.slice(list.length).split("/");
  const place = Number(index) > Number(removed.slice(cut + 1)) ? Number(index) - 1 : index;
  return [list + place, ...rest].join("/");
}

/** What has changed since the last mark, as few operations as can be had without comparing the whole. */
class Log {
  constructor() {
    this.entries = [];
  }

  push(operation, inList) {
    const entry = { ...operation, inList };
    if ("value" in entry) entry.value = copied(entry.value);
    if (entry.op !== "move" && this.folded(entry)) return;
    this.entries.push(entry);
  }

  /** Puts an operation into an earlier one of the same place, when nothing in between moves places about. */
  folded(entry) {
    for (let index = this.entries.length - 1; index >= 0; index -= 1) {
      const earlier = this.entries[index];
      const writes = earlier.op === "add" || earlier.op === "replace";
      if (writes && entry.path.startsWith(`${earlier.path}/`)) {
        const { inList: _, ...operation } = entry;
        applied({ tree: earlier.value }, { ...operation, path: entry.path.slice(earlier.path.length) });
        return true;
      }
      if (earlier.path === entry.path && !entry.inList && !earlier.inList) return this.joined(index, earlier, entry);
      if (earlier.path === entry.path && entry.op === "replace" && writes) {
        earlier.value = entry.value;
        return true;
      }
      const shifts = earlier.op === "move" || (earlier.inList && earlier.op !== "replace");
      if (shifts || earlier.path.startsWith(`${entry.path}/`)) return false;
    }
    return false;
  }

  joined(index, earlier, entry) {
    if (entry.op === "remove") {
      if (earlier.op === "add") this.entries.splice(index, 1);
      else this.entries[index] = { op: "remove", path: entry.path };
    } else if (earlier.op === "remove") {
      this.entries[index] = { ...entry, op: "replace" };
    } else {
      earlier.value = entry.value;
    }
    return true;
  }

  operations() {
    return this.entries.map(({ inList: _, ...operation }) => copied(operation));
  }
}

export class Document {
  constructor(definition) {
    this.holder = { tree: copied(definition) };
    this.log = new Log();
    this.done = [];
    this.undone = [];
    this.listeners = new Set();
    this.ids = new WeakMap();
    this.counter = 0;
    this.paths = null;
  }

  /** The tree itself: for reading. */
  get definition() {
    return this.holder.tree;
  }

  idOf(node) {
    if (!this.ids.has(node)) this.ids.set(node, `n${(this.counter += 1)}`);
    return this.ids.get(node);
  }

  /** The JSON pointer of a section or item, or undefined when it is no longer in the form. */
  pathOf(node) {
    if (node === this.definition) return "";
    if (!this.paths) {
      this.paths = new Map();
      const walk = (items, path) =>
        items.forEach((item, index) => {
          this.paths.set(item, `${path}/${index}`);
          if (Array.isArray(item?.items)) walk(item.items, `${path}/${index}/items`);
        });
      walk(this.definition.sections ?? [], "/sections");
    }
    return this.paths.get(node);
  }

  /** Applies operations as one step of undo. `label` says what was done, `merge` joins steps of one place. */
  apply(operations, { label = "", merge = "", origin = null } = {}) {
    if (!operations.length) return;
    const inverse = operations.map((operation) => this.step(operation)).reverse();
    const last = this.done.at(-1);
    const now = Date.now();
    if (merge && last?.merge === merge && now - last.at < MERGE_WITHIN) {
      last.inverse = [...inverse, ...last.inverse];
      last.operations.push(...operations);
      last.at = now;
    } else {
      this.done.push({ operations: [...operations], inverse, label, merge, at: now });
      if (this.done.length > MAX_STEPS) this.done.shift();
    }
    this.undone = [];
    this.tell(operations, origin);
  }

  /** Sets a property of a node (a path of names below it), or takes it away when the value is undefined. */
  set(node, names, value, options = {}) {
    const way = Array.isArray(names) ? names : [names];
    let parent = node;
    for (const name of way.slice(0, -1)) parent = parent?.[name];
    const path = [this.pathOf(node), ...way.map(escaped)].join("/");
    const known = parent !== undefined && parent !== null && Object.hasOwn(parent, way.at(-1));
    if (value === undefined) {
      if (known) this.apply([{ op: "remove", path }], { merge: path, ...options });
    } else if (!known || !same(parent[way.at(-1)], value)) {
      this.apply([{ op: known ? "replace" : "add", path, value }], { merge: path, ...options });
    }
  }

  /** The operation that moves an item (or section) into a list of another node, to be the `index`th there. */
  moving(node, container, index) {
    const from = this.pathOf(node);
    const list = `${this.pathOf(container)}/${container === this.definition ? "sections" : "items"}`;
    return { op: "move", from, path: `${shifted(list, from)}/${index}` };
  }

  undo() {
    const step = this.done.pop();
    if (!step) return null;
    step.inverse.forEach((operation) => this.step(operation));
    this.undone.push(step);
    this.tell(step.inverse, "history");
    return step;
  }

  redo() {
    const step = this.undone.pop();
    if (!step) return null;
    step.operations.forEach((operation) => this.step(operation));
    this.done.push({ ...step, merge: "" });
    this.tell(step.operations, "history");
    return step;
  }

  get canUndo() {
    return this.done.length > 0;
  }

  get canRedo() {
    return this.undone.length > 0;
  }

  /** From here on, changes() counts anew. */
  mark() {
    this.log = new Log();
  }

  /** RFC 6902 operations since the last mark; the whole form once that is the smaller of the two. */
  changes() {
    const operations = this.log.operations();
    if (operations.length > 40 && JSON.stringify(operations).length > JSON.stringify(this.definition).length) {
      return [{ op: "replace", path: "", value: copied(this.definition) }];
    }
    return operations;
  }

  onChange(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  step(operation) {
    const way = steps(operation.path);
    const inList = way.length > 0 && Array.isArray(at(this.definition, operation.path.slice(0, operation.path.lastIndexOf("/"))));
    if (operation.op === "move" && operation.path.startsWith(`${operation.from}/`)) {
      // RFC 6902 has no move to a place that reads as one inside of what is moved
      this.log.push({ op: "remove", path: operation.from }, true);
      this.log.push({ op: "add", path: operation.path, value: at(this.definition, operation.from) }, true);
    } else {
      this.log.push(operation, inList);
    }
    const inverse = applied(this.holder, operation);
    if (inList || operation.op === "move" || operation.path === "") this.paths = null;
    return inverse;
  }

  tell(operations, origin) {
    for (const listener of [...this.listeners]) listener({ operations, origin });
  }
}
