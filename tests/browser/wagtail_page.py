"""Wagtail's page editor, as far as every test of it needs to know it."""

from playwright.sync_api import BrowserContext, Page

# Each connection of Wagtail's controller says "ready", and two seconds later "watch-edits": from then on it compares.
COUNT = """
window.wagtailUnsaved = { ready: 0, watching: 0 };
document.addEventListener("w-unsaved:ready", () => { window.wagtailUnsaved.ready += 1; });
document.addEventListener("w-unsaved:watch-edits", () => { window.wagtailUnsaved.watching += 1; });
"""
# A function: text would be evaluated in the page, and its policy forbids that.
WATCHES = "() => { const { ready, watching } = window.wagtailUnsaved; return ready > 0 && watching >= ready; }"


def count_watching(of: BrowserContext | Page) -> None:
    """To be called before the editor is opened, for `until_it_watches`."""
    of.add_init_script(COUNT)


def until_it_watches(page: Page) -> None:
    """Two seconds after it opened Wagtail takes what stands in the form as its beginning, and once more right after.

    What is typed before that it takes for what stood there: nothing is saved by itself or shown in the preview until
    the next change. Its controller connects twice while a page loads, so there are two such moments.
    """
    page.wait_for_function(WATCHES)
