"""The guides: which there are, for whom, and where their text is."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE
from access.models import StaffRole, User

from .markdown import list_parts, render

FIRST, SECOND = "sq", "en"  # guides are in docs/sq/ and docs/, whichever languages the service speaks


@dataclass(frozen=True)
class Guide:
    """One guide. `files` by language, under docs/; in a language that has none it is read in the default one."""

    slug: str
    title: str | Promise
    about: str | Promise
    roles: frozenset[str]
    files: tuple[tuple[str, str], ...]

    def path(self, language: str) -> Path:
        files = dict(self.files)
        return Path(settings.ROOT) / "docs" / (files.get(language) or files.get(DEFAULT_LANGUAGE) or files[SECOND])

    def html(self, language: str) -> SafeString:
        return _rendered(self.path(language))

    def parts(self, language: str) -> list[tuple[str, SafeString]]:
        """Return id and words of each part, for jumping to it."""
        return list_parts(self.path(language).read_text(encoding="utf-8"))


GUIDES = (
    Guide(
        "coordinator",
        _("For coordinators"),
        _("What to do when a case is urgent, the directory and the roster, registers, forms."),
        frozenset({StaffRole.COORDINATOR.value}),
        ((FIRST, "sq/for-coordinators.md"), (SECOND, "for-coordinators.md")),
    ),
    Guide(
        "roster",
        _("The directory and the duty roster"),
        _("Who is notified, which shift counts, leave, and the warnings when saving."),
        frozenset({StaffRole.COORDINATOR.value, StaffRole.OPERATOR.value}),
        ((FIRST, "sq/directory.md"), (SECOND, "directory.md")),
    ),
    Guide(
        "worker",
        _("For mobile unit workers"),
        _("What your units do with Vatra on the phone."),
        frozenset({StaffRole.COORDINATOR.value}),
        ((FIRST, "sq/for-workers.md"), (SECOND, "for-workers.md")),
    ),
    Guide(
        "editor",
        _("For editors"),
        _("The public pages: writing, approving, checks, helplines, two languages."),
        frozenset({StaffRole.EDITOR.value}),
        ((FIRST, "sq/for-editors.md"), (SECOND, "for-editors.md")),
    ),
    Guide(
        "operator",
        _("For the operator"),
        _("Keeping the service running: what to monitor, back up and store."),
        frozenset({StaffRole.OPERATOR.value}),
        ((FIRST, "sq/operator.md"), (SECOND, "operator.md")),
    ),
)


def guides_for(user: User) -> list[Guide]:
    """Return the guides of this person's roles."""
    return [guide for guide in GUIDES if user.roles() & guide.roles]


@cache
def _rendered(path: Path) -> SafeString:
    """Render a file, once in each process: a guide changes with a release, which restarts the processes."""
    return render(path.read_text(encoding="utf-8"))
