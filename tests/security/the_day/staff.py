"""Staff in front of their pages: they open a form as it is, change what they mean to, and send it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from django.test import Client
from django.urls import reverse

from access.models import User
from access.staff.groups import follow_roles

TAKEN = range(200, 400)


@dataclass
class Staff:
    """One signed-in person. `driven`: the names of the routes that took a change from them."""

    user: User
    client: Client = field(default_factory=Client)
    driven: set[str] = field(default_factory=set)

    @classmethod
    def called(cls, username: str) -> "Staff":
        user = User.objects.get(username=username)
        follow_roles(user)
        User.objects.filter(pk=user.pk).update(language="en")
        user.refresh_from_db()
        person = cls(user)
        person.client.force_login(user)
        return person

    def send(self, address: str, method: str = "post", /, **data: Any) -> Any:
        """Sends `data` to the address. Raises AssertionError with what the page says where it isn't taken."""
        response = getattr(self.client, method)(address, data)
        assert response.status_code in TAKEN, (address, response.status_code, errors_in(response))
        assert response.status_code != 200 or not errors_in(response), (address, errors_in(response))
        self.note(response)
        return response

    def note(self, response: Any) -> None:
        """Ours and Wagtail's views of one address count as the one that is asked for by name."""
        match = response.wsgi_request.resolver_match
        self.driven |= {match.view_name, "/" + match.route}

    def post(self, route: str, *args: Any, **data: Any) -> Any:
        return self.send(reverse(route, args=args), **data)

    def fill(self, route: str, *args: Any, **changes: Any) -> Any:
        """Opens the page, fills its form with `changes` over what stands there, sends it and is led on."""
        return self.fill_at(reverse(route, args=args), **changes)

    def fill_at(self, address: str, /, **changes: Any) -> Any:
        page = self.client.get(address)
        assert page.status_code == 200, (address, page.status_code, page.get("Location", ""))
        form = form_in(page.content, changes, address)
        return self.send(urljoin(address, form.get("action") or ""), **(get_fields(form) | changes))


def form_in(html: bytes, changes: dict[str, Any], address: str) -> Tag:
    """The form of a page that has most of these fields; of several, the one that goes back to the page itself."""
    forms = [form for form in BeautifulSoup(html, "html.parser").find_all("form") if is_post(form)]
    assert forms, f"there is no form on {address}"

    def fits(form: Tag) -> tuple[int, bool, int]:
        goes_to = urlsplit(urljoin(address, str(form.get("action") or ""))).path
        return len(set(changes) & names_in(form)), goes_to == urlsplit(address).path, len(names_in(form))

    return max(forms, key=fits)


def is_post(form: Tag) -> bool:
    return str(form.get("method", "")).lower() == "post" and "logout" not in str(form.get("action", ""))


def names_in(form: Tag) -> set[str]:
    return {str(each["name"]) for each in form.find_all(["input", "select", "textarea", "button"]) if each.get("name")}


def get_fields(form: Tag) -> dict[str, Any]:
    """What a browser would send of it as it stands, without a button."""
    found: dict[str, list[str]] = {}
    for each in form.find_all(["input", "select", "textarea"]):
        name = each.get("name")
        if name and not each.has_attr("disabled"):
            found.setdefault(str(name), []).extend(get_values(each))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items() if values}


def get_values(element: Tag) -> list[str]:
    if element.name == "textarea":
        return [element.get_text().removeprefix("\n")]
    if element.name == "select":
        options = element.find_all("option")
        chosen = [option for option in options if option.has_attr("selected")]
        if not chosen and not element.has_attr("multiple"):
            chosen = options[:1]
        return [str(option.get("value", option.get_text())) for option in chosen]
    kind = str(element.get("type", "text")).lower()
    if kind in ("submit", "button", "image", "file", "reset"):
        return []
    if kind in ("checkbox", "radio"):
        return [str(element.get("value", "on"))] if element.has_attr("checked") else []
    return [str(element.get("value", ""))]


def errors_in(response: Any) -> str:
    """What a page says is wrong, for the message of a test that fails."""
    if "html" not in response.get("Content-Type", ""):
        return ""
    page = BeautifulSoup(response.content, "html.parser")
    marked = page.select(".error-message, .error-summary, .errorlist, .field-error, .help-critical, .error")
    return " | ".join(" ".join(each.get_text(" ").split()) for each in marked)[:600]
