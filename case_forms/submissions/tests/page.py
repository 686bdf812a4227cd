"""A page as a browser without JavaScript sees it: its fields, buttons and links."""

from typing import Any

from bs4 import BeautifulSoup, Tag
from django.test import Client


class Page:
    def __init__(self, client: Client, answer: Any) -> None:
        assert answer.status_code in (200, 409, 422, 503), answer.status_code
        self.client = client
        self.status = answer.status_code
        self.text = answer.content.decode()
        self.soup = BeautifulSoup(self.text, "html.parser")

    def fields(self, form: str = "section") -> dict[str, list[str]]:
        """What this form would send: no disabled field, no unticked box."""
        sent: dict[str, list[str]] = {}
        for field in self.soup.select(f"form#{form} :is(input, select, textarea)"):
            name, kind = field.get("name"), field.get("type", "")
            if not name or field.has_attr("disabled"):
                continue
            if kind in ("radio", "checkbox") and not field.has_attr("checked"):
                continue
            sent.setdefault(str(name), []).append(_value(field))
        return sent

    def fields_of(self, name: str) -> str:
        """The value of one field, in whichever form it is."""
        field = self.soup.select_one(f'[name="{name}"]')
        assert field is not None
        return _value(field)

    def press(self, go: str = "next", *, button: str = "go", client: Client | None = None, **typed: Any) -> Any:
        """Types (None takes a field out; a__b stands for a-b) and presses a button of the section's form."""
        form = self.soup.select_one("form#section")
        assert form is not None
        sent: dict[str, Any] = {**self.fields(), button: go}
        sent |= {name.replace("__", "-"): value for name, value in typed.items()}
        sent = {name: value for name, value in sent.items() if value is not None}
        return (client or self.client).post(str(form["action"]), sent)

    def seen(self, name: str) -> bool:
        """Whether the question or note of this field is on the page and not hidden."""
        entry = self.soup.select_one(f'[data-item="{name}"]')
        return entry is not None and not any(
            isinstance(node, Tag) and node.has_attr("hidden") for node in [entry, *entry.parents]
        )

    def words(self) -> str:
        main = self.soup.select_one("main")
        assert main is not None
        return " ".join(main.get_text(" ").split())

    def summary(self) -> list[tuple[str, str]]:
        """(id, text) of each link in the error summary."""
        return [
            (str(link["href"]).removeprefix("#"), " ".join(link.get_text().split()))
            for link in self.soup.select(".error-summary a")
        ]


def _value(field: Tag) -> str:
    if field.name == "textarea":
        return field.get_text().removeprefix("\n")
    if field.name == "select":
        chosen = field.select_one("option[selected]") or field.select_one("option")
        return str(chosen["value"]) if chosen else ""
    return str(field.get("value", "on"))


def follow(client: Client, answer: Any) -> Page:
    """The page that a redirect leads to, or the page itself."""
    while answer.status_code == 302:
        answer = client.get(answer["Location"])
    return Page(client, answer)
