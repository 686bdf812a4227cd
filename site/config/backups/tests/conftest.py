"""A service with one case, an attached file and a public file, and a folder for its backups."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from pyrage.x25519 import Identity

from case_forms.cases.models import Case
from case_forms.submissions.attachments.storage import write_content
from case_forms.submissions.models import Attachment, Submission
from tests.world.scene import Scene, make_scene
from vault import data_keys

CANARY = "Kanarina"
collect_ignore = [] if connection.vendor == "postgresql" else ["test_prepared_database.py"]


@dataclass
class FilledSystem:
    """The folders, the operator's identity, and the one case."""

    root: Path
    identity: Identity
    scene: Scene
    case: Case
    attachment: Attachment

    @property
    def folder(self) -> Path:
        return self.root / "backups"

    @property
    def identity_file(self) -> Path:
        path = self.root / "identity"
        path.write_text(f"# made for a test\n{self.identity}\n")
        return path

    def attach(self) -> Attachment:
        """Attach a file to the case's form, as the sending of a draft leaves it."""
        identity = uuid4()
        return Attachment.objects.create(
            id=identity, submission=Submission.objects.get(), owner=self.scene.worker, unit=self.scene.unit,
            media_type="image/jpeg", size=3, fingerprint="x", name=f"{CANARY}.jpg",
            content_key=write_content(identity, CANARY.encode()),
        )  # fmt: skip


@pytest.fixture
def system(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[FilledSystem]:
    identity = Identity.generate()
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    settings.VAULT_CASE_KEY_DIR = settings.DATA_DIR / "case_keys"
    settings.ATTACHMENT_DIR = settings.DATA_DIR / "attachments"
    settings.VOICE_DIR = settings.DATA_DIR / "voices"
    settings.MEDIA_ROOT = settings.DATA_DIR / "media"
    settings.AUDIT_WATCH_FILE = settings.DATA_DIR / "witness" / "chain"
    settings.VAULT_WITNESS_FILE = settings.DATA_DIR / "witness" / "cells.sqlite3"
    settings.BACKUP_DIR, settings.BACKUP_RECIPIENTS = str(tmp_path / "backups"), [str(identity.to_public())]
    settings.DISK_MIN_MB = 0
    data_keys._cached.clear()
    (settings.MEDIA_ROOT / "images").mkdir(parents=True)
    (settings.MEDIA_ROOT / "images" / "a.png").write_bytes(b"picture")
    scene = make_scene()
    case = scene.send(age_stated=15, story=f"{CANARY} told.", first_name=CANARY).submission.case
    assert case is not None
    made = FilledSystem(tmp_path, identity, scene, case, None)  # type: ignore[arg-type]
    made.attachment = made.attach()
    yield made
    data_keys._cached.clear()
