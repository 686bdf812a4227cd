"""Wagtail's page editor, as far as every test of it needs to know it."""

from playwright.sync_api import Page

# A function: text would be evaluated in the page, and its policy forbids that.
WATCHES = "() => window.wagtail?.app?.queryController('w-unsaved')?.initialFormData"
SECOND_LOOK_MS = 500


def until_it_watches(page: Page) -> None:
    """Two seconds after it opened Wagtail takes what stands in the form as its beginning, and once more right after.

    What is typed before that it takes for what stood there: nothing is saved by itself or shown in the preview until
    the next change. Its controller connects twice while a page loads, so there are two such moments (34 and 69 ms
    apart where this was looked at).
    """
    page.wait_for_function(WATCHES)
    page.wait_for_timeout(SECOND_LOOK_MS)
