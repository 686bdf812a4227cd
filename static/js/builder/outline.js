// The outline of a form. Until it is drawn, the definition can be changed as text.

export function mountOutline(root, { definition, settings }) {
  const area = root.appendChild(document.createElement("textarea"));
  let marked = JSON.stringify(definition);
  let current = definition;
  const listeners = [];
  area.value = JSON.stringify(definition, null, 1);
  area.readOnly = settings.readOnly;
  area.rows = 40;
  area.addEventListener("input", () => {
    try {
      current = JSON.parse(area.value);
      for (const tell of listeners) tell();
    } catch {
      // not yet JSON again
    }
  });
  return {
    definition: () => current,
    changes: () => (JSON.stringify(current) === marked ? [] : [{ op: "replace", path: "", value: current }]),
    mark: () => {
      marked = JSON.stringify(current);
    },
    setProblems: () => {},
    onChange: (tell) => listeners.push(tell),
  };
}
