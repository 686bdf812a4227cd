/**
 * Tells the page that a field was changed by a script, as if somebody had typed in it.
 *
 * @param {HTMLElement} field
 */
export function changed(field) {
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/**
 * A button of the system that sends nothing.
 *
 * @param {string} words
 * @param {string} className
 * @param {() => void} press
 */
export function button(words, className, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `btn btn-small ${className}`;
  made.textContent = words;
  made.addEventListener("click", press);
  return made;
}
