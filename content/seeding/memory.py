"""What seeding has created in this database: the keys, and fingerprints of the words (`SeededText`)."""

from dataclasses import dataclass, field

from ..models import SeededText


@dataclass
class SeedMemory:
    """Keys of everything that was ever seeded into this database, whatever became of it since."""

    known: set[str]
    new: list[str] = field(default_factory=list)
    prints: dict[str, str] = field(default_factory=dict)  # fingerprints of the seeded words, by key

    @classmethod
    def load(cls) -> "SeedMemory":
        return cls(set(SeededText.objects.values_list("key", flat=True)))

    def first_time(self, key: str) -> bool:
        """Return True once for each key in the life of this database."""
        if key in self.known:
            return False
        self.known.add(key)
        # Only noted here; `store` writes the rows, in the transaction that creates the texts.
        self.new.append(key)
        return True

    def store(self) -> None:
        rows = [SeededText(key=key, fingerprint=self.prints.get(key, "")) for key in self.new]
        SeededText.objects.bulk_create(rows)
        self.new.clear()
