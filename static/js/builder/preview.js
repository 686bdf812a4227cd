/**
 * The preview beside the outline: the form as a phone shows it, filled with test answers, and a report of what its
 * rules and the procedure make of them. What is typed stays in this page's memory; the server stores none of it.
 *
 * The form stands in a frame of its own (docs/adr/0014): it has the system's style sheets and the strict policy. In it,
 * form.js shows and hides as on a phone. What was typed is posted after a pause for the report; the frame is made anew
 * when a button is pressed, the definition changes, or the server sees another page than the script does.
 */

const TYPING = 400; // milliseconds
const EDITING = 700;
const BESIDE = matchMedia("(min-width: 75rem)"); // as in builder-preview.css
const OPEN = "vatra.preview"; // in this browser: whether the pane is open

/**
 * @param {HTMLElement} root what holds [data-tried-pane]
 * @param {{ definition: () => Definition, settings: Pick<EditorSettings, "language" | "urls"> }} options
 * @returns {{ changed: () => void }} to be called when the definition changes
 */
export function mountPreview(root, { definition, settings }) {
  const preview = new Preview(root, definition, settings);
  const toggle = /** @type {HTMLElement} */ (document.querySelector("[data-tried-toggle]"));
  const show = (/** @type {boolean} */ open) => {
    toggle.setAttribute("aria-expanded", String(open));
    preview.show(open);
  };
  toggle.addEventListener("click", () => {
    const open = toggle.getAttribute("aria-expanded") !== "true";
    remember(open);
    show(open);
    if (open && !BESIDE.matches) preview.pane.scrollIntoView();
  });
  show(remembered());
  return { changed: () => preview.edited() };
}

function remembered() {
  try {
    return localStorage.getItem(OPEN) === "open";
  } catch {
    return false;
  }
}

/** @param {boolean} open */
function remember(open) {
  try {
    localStorage.setItem(OPEN, open ? "open" : "closed");
  } catch {
    // a browser that keeps nothing: the pane begins closed
  }
}

/** @typedef {[name: string, value: string][]} Typed */
/**
 * @typedef {{
 *   id?: string,
 *   selection: [from?: number | null, to?: number | null] | null,
 *   top: number,
 *   held: boolean,
 * }} Whereabouts
 */

class Preview {
  /**
   * @param {HTMLElement} root
   * @param {() => Definition} definition
   * @param {Pick<EditorSettings, "language" | "urls">} settings
   */
  constructor(root, definition, settings) {
    const part = (/** @type {string} */ name) =>
      /** @type {HTMLElement} */ (root.querySelector(`[data-tried-${name}]`));
    this.pane = part("pane");
    this.frame = /** @type {HTMLIFrameElement} */ (part("frame"));
    this.report = part("report");
    this.status = part("status");
    this.language = /** @type {HTMLSelectElement} */ (part("language"));
    this.definition = definition;
    this.settings = settings;
    this.wanted = settings.language;
    this.timer = 0;
    this.asked = 0; // how many times the server was
    this.touches = 0; // how many times somebody typed
    this.section = "";
    /** @type {Record<string, Typed>} What was typed, by section. */
    this.fields = {};
    /** @type {Whereabouts | null} */
    this.place = null; // where the focus and the page were before the frame was made anew
    /** @type {Typed | null} */
    this.laid = null; // what stood in the fields when it was
    /** @type {Document | null} */
    this.heard = null;
    this.language.addEventListener("change", () => {
      this.wanted = this.language.value;
      this.ask({ anew: true });
    });
    part("again").addEventListener("click", () => {
      this.forget();
      this.ask({ anew: true });
    });
  }

  /** @param {boolean} open */
  show(open) {
    this.pane.hidden = !open;
    if (open) this.ask({ anew: true });
  }

  forget() {
    this.fields = {};
    this.section = "";
    this.touches = 0;
    this.place = null;
  }

  edited() {
    if (!this.pane.hidden) this.later(EDITING, { anew: true });
  }

  /**
   * @param {number} wait
   * @param {AskOptions} how
   */
  later(wait, how) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(how), wait);
  }

  // ---- asking the server ----

  /** @param {AskOptions} options */
  async ask({ anew = false, press = ["", ""] } = {}) {
    clearTimeout(this.timer);
    this.gather();
    this.asked += 1;
    const number = this.asked;
    const touches = this.touches;
    const token = /** @type {HTMLInputElement} */ (document.querySelector("input[name=csrfmiddlewaretoken]"));
    /** @type {PreviewReply} */
    let reply;
    try {
      const answer = await fetch(this.settings.urls.preview, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "X-CSRFToken": token.value,
        },
        body: JSON.stringify({
          definition: this.definition(),
          language: this.wanted,
          section: this.section,
          fields: this.fields,
          press,
        }),
        redirect: "error",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      reply = await answer.json();
    } catch {
      this.status.textContent = this.pane.dataset.failed ?? "";
      return;
    }
    if (number !== this.asked) return; // something newer is on its way
    this.status.textContent = "";
    this.tell(reply);
    const isBehind = touches !== this.touches; // somebody typed meanwhile, and that isn't to be lost
    if (press[0] || (!isBehind && (anew || !this.agrees(reply.page)))) this.lay(reply, press[0] === "go");
    else if (anew) this.later(EDITING, { anew });
  }

  /** @param {PreviewReply} reply */
  tell({ report, languages, language, section }) {
    const open = section === this.section ? this.report.querySelectorAll("details") : []; // as the reader left them
    const folds = new Map([...open].map((fold) => [fold.dataset.fold, fold.open]));
    this.report.innerHTML = report;
    for (const fold of this.report.querySelectorAll("details")) fold.open = folds.get(fold.dataset.fold) ?? fold.open;
    this.language.replaceChildren(...languages.map(([code, name]) => new Option(name, code, false, code === language)));
    if (this.language.parentElement) this.language.parentElement.hidden = languages.length < 2;
  }

  /**
   * Whether the page in the frame shows what the server would: the same items, choices and results.
   *
   * @param {string} page
   */
  agrees(page) {
    const items = (/** @type {Document} */ root) =>
      /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-item]")]);
    const seen = (/** @type {Document} */ root) =>
      JSON.stringify([
        items(root).map((item) => [item.dataset.item, item.hidden]),
        [...root.querySelectorAll("select")].map((list) => [...list.options].map((option) => option.value)),
        [...root.querySelectorAll("output")].map((output) => output.textContent.trim()),
      ]);
    return seen(this.inside) === seen(new DOMParser().parseFromString(page, "text/html"));
  }

  // ---- the frame ----

  get inside() {
    return /** @type {Document} */ (this.frame.contentDocument); // it is of our own origin
  }

  /**
   * @param {PreviewReply} reply
   * @param {boolean} moves
   */
  lay({ page, section }, moves) {
    this.place = moves || section !== this.section ? null : this.whereabouts();
    this.section = section;
    this.laid = typedIn(new DOMParser().parseFromString(page, "text/html"));
    this.frame.onload = () => this.listen();
    const before = this.inside;
    this.frame.srcdoc = page;
    this.hearSoon(before);
  }

  /**
   * The page's buttons are heard as soon as they stand there: its scripts may take longer to come.
   *
   * @param {Document} before
   */
  hearSoon(before) {
    if (this.inside !== before && this.inside?.body) this.hear();
    else requestAnimationFrame(() => this.hearSoon(before));
  }

  hear() {
    if (this.heard === this.inside) return;
    this.heard = this.inside;
    this.heard.addEventListener("click", (event) => this.clicked(event));
  }

  /** @returns {Whereabouts} */
  whereabouts() {
    const { activeElement, scrollingElement } = this.inside;
    const here = /** @type {HTMLInputElement | null} */ (activeElement);
    /** @type {Whereabouts["selection"]} */
    let selection = null;
    try {
      selection = [here?.selectionStart, here?.selectionEnd];
    } catch {
      // an input without a caret
    }
    return { id: here?.id, selection, top: scrollingElement?.scrollTop ?? 0, held: this.inside.hasFocus() };
  }

  listen() {
    const inside = this.inside;
    this.hear();
    for (const kind of ["input", "change"]) {
      inside.addEventListener(kind, () => {
        this.touches += 1;
        this.later(TYPING, {});
      });
    }
    /** @type {NodeListOf<HTMLInputElement>} */
    const files = inside.querySelectorAll("input[type=file]");
    for (const file of files) {
      file.disabled = true;
      file.insertAdjacentElement("afterend", note(inside, this.pane.dataset.noFiles ?? ""));
    }
    this.goBack();
    // somebody may have been faster than the page's scripts
    if (JSON.stringify(typedIn(inside)) !== JSON.stringify(this.laid)) this.later(0, {});
  }

  goBack() {
    const inside = this.inside;
    if (!this.place) {
      inside.querySelector("[data-focus]")?.scrollIntoView({ block: "center" });
      return;
    }
    if (inside.scrollingElement) inside.scrollingElement.scrollTop = this.place.top;
    const found = this.place.held && this.place.id ? inside.getElementById(this.place.id) : null;
    const field = /** @type {HTMLInputElement | null} */ (found);
    field?.focus({ preventScroll: true });
    const [from, to] = this.place.selection ?? [];
    if (field && typeof from === "number") field.setSelectionRange(from, to ?? from);
  }

  /**
   * Buttons of the form ask the server; a link in it leads to its place. Nothing navigates.
   *
   * @param {MouseEvent} event
   */
  clicked(event) {
    const pressed = /** @type {HTMLElement} */ (event.target);
    /** @type {HTMLAnchorElement | null} */
    const link = pressed.closest("a[href]");
    if (link) {
      event.preventDefault();
      const target = this.inside.getElementById(decodeURIComponent(link.hash.slice(1)));
      target?.scrollIntoView({ block: "center" });
      target?.focus({ preventScroll: true });
      return;
    }
    /** @type {HTMLButtonElement | null} */
    const button = pressed.closest("button[name]");
    if (!button) return;
    event.preventDefault();
    this.ask({ press: [button.name, button.value] });
  }

  gather() {
    const typed = typedIn(this.inside);
    if (typed) this.fields[this.section] = typed;
  }
}

/**
 * [[name, value], ...] of the form on a page, without files; nothing of a page that has none.
 *
 * @param {Document | null} page
 * @returns {Typed | null}
 */
function typedIn(page) {
  const form = /** @type {HTMLFormElement | null | undefined} */ (page?.getElementById("section"));
  if (!form) return null;
  return [...new FormData(form)].flatMap(([name, value]) =>
    typeof value === "string" ? [/** @type {[string, string]} */ ([name, value])] : [],
  );
}

/**
 * @param {Document} inside
 * @param {string} words
 */
function note(inside, words) {
  const line = inside.createElement("p");
  line.className = "q-hint";
  line.textContent = words;
  return line;
}
