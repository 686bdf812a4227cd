// Wagtail begins some widgets with a script inside the page, which our policy forbids (docs/adr/0079). Here an element
// says what is to begin, and only what stands in this list does: markup that got into a page can ask for nothing else.

/** @type {Record<string, (id: string, options: object) => unknown>} */
const BEGIN = {
  initDateChooser: (id, options) => window.initDateChooser(id, options),
  initTimeChooser: (id, options) => window.initTimeChooser(id, options),
  initDateTimeChooser: (id, options) => window.initDateTimeChooser(id, options),
  createTaskChooser: (id) => window.createTaskChooser(id),
  InlinePanel: (_id, options) => new window.InlinePanel(options),
  MultipleChooserPanel: (_id, options) => new window.MultipleChooserPanel(options),
  Chooser: (id, options) => new window.Chooser(id, options),
  PageChooser: (id, options) => new window.PageChooser(id, options),
  ImageChooser: (id, options) => new window.ImageChooser(id, options),
  DocumentChooser: (id, options) => new window.DocumentChooser(id, options),
  SnippetChooser: (id, options) => new window.SnippetChooser(id, options),
};

class Start extends window.StimulusModule.Controller {
  static values = { name: String, id: String, options: Object };

  // Not connect(): a row that is moved is connected again, and would begin twice.
  initialize() {
    const { nameValue, idValue, optionsValue } = /** @type {StartValues} */ (/** @type {unknown} */ (this));
    if (Object.hasOwn(BEGIN, nameValue)) BEGIN[nameValue](idValue, optionsValue);
  }
}

window.wagtail.app.register("vo-start", Start);

// jQuery fetches the scripts that a modal's content names and runs their text as a script inside the page. They are
// loaded by their address instead, each once.
window.jQuery._evalUrl = (address) => {
  const { href } = new URL(address, document.baseURI);
  if ([...document.scripts].some((script) => script.src === href)) return;
  const script = document.createElement("script");
  script.src = href;
  script.async = false;
  document.head.append(script);
};

// Draftail and wagtail-localize's editor make style elements. What a script makes with createElement carries the page's
// nonce; a style element that came as markup carries none, and holds nothing.
const { nonce } = /** @type {HTMLScriptElement} */ (document.querySelector("script[data-cms-start]"));
const plain = Document.prototype.createElement;
/**
 * @this {Document}
 * @param {[name: string, options?: ElementCreationOptions]} named
 */
function createElement(...named) {
  const made = plain.apply(this, named);
  if (made instanceof HTMLStyleElement) made.nonce = nonce;
  return made;
}

Document.prototype.createElement = /** @type {typeof plain} */ (createElement);
