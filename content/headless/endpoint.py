"""What every endpoint of the public API is: Wagtail's viewset, read only, strict about what it is asked, and the same
for everyone.

It signs nobody in, reads no session and no cookie, and shows nothing but its registered fields.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import URLPattern, path, reverse
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from wagtail.api.v2.views import BaseAPIViewSet

from access.middleware import problem

from ..page_cache.markers import mark_cacheable, mark_no_store
from .describing import in_path, list_schema, operation
from .fields import Field, chosen, partial_schema, represent, whole_schema
from .parameters import ID_MAX, LIMIT, PAGING, Parameter, Refused, fields_parameter, read
from .reading import Reading, absolute
from .schema import Schema, ref


class CompactJSON(JSONRenderer):
    """One form of answer, whatever a client says it accepts."""

    charset = None

    def get_indent(self, accepted_media_type: str, renderer_context: dict[str, Any]) -> None:
        return None


class AlwaysJSON(BaseContentNegotiation):
    def select_parser(self, request: Request, parsers: Sequence[Any]) -> None:
        return None

    def select_renderer(self, request: Request, renderers: Sequence[Any], format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


@dataclass(frozen=True)
class Lookup:
    """How one object is named in its address."""

    field: str
    route: str
    schema: Schema


BY_ID = Lookup("pk", "<int:key>/", {"type": "integer", "minimum": 1, "maximum": ID_MAX})


def by_key(field: str) -> Lookup:
    return Lookup(field, "<slug:key>/", {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$", "maxLength": 80})


class Endpoint(BaseAPIViewSet):
    """A list and its objects. A room that owns data gives `everything()`, `fields` and `parameters`."""

    renderer_classes = (CompactJSON,)
    content_negotiation_class = AlwaysJSON
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    plural: ClassVar[str]  # its address; `name` belongs to the framework, which clears it
    component: ClassVar[str]
    fields: ClassVar[Sequence[Field]] = ()
    parameters: ClassVar[Sequence[Parameter]] = PAGING
    lookup: ClassVar[Lookup | None] = BY_ID
    is_sensitive = False  # whether this one answer may be kept nowhere

    # what a room gives

    def everything(self) -> QuerySet:
        """All that anyone may see, in the usual order."""
        raise NotImplementedError

    def narrowed(self, found: Any, values: dict[str, Any], request: Request) -> Any:
        """What the parameters leave of it."""
        return found

    def loaded(self, things: Iterable[Any], fields: Sequence[Field], reading: Reading) -> list[Any]:
        """The objects of one list with all that these fields need, in as few queries as can be."""
        return list(things)

    @classmethod
    def shown_fields(cls) -> Sequence[Field]:
        """Every field of this endpoint; of pages, those of all types."""
        return cls.fields

    def fields_of(self, thing: Any) -> Sequence[Field]:
        return self.fields

    # the answers

    def listing_view(self, request: Request) -> Response:
        values = read(request.GET, self.list_parameters())
        found = self.narrowed(self.everything(), values, request)
        start = values.get("offset", 0)
        page = found[start : start + values.get("limit", LIMIT)]
        asked = values.get("fields")
        reading = self.reading(request)
        things = self.loaded(page, chosen(self.shown_fields(), asked, in_list=True), reading)
        items = [represent(each, chosen(self.fields_of(each), asked, in_list=True), reading) for each in things]
        return Response(
            {"meta": {"total_count": found.count() if isinstance(found, QuerySet) else len(found)}, "items": items}
        )

    def detail_view(self, request: Request, key: Any) -> Response:
        values = read(request.GET, self.detail_parameters())
        reading = self.reading(request)
        thing = self.one(key, reading)
        fields = chosen(self.fields_of(thing), values.get("fields"), in_list=False)
        return Response(represent(thing, fields, reading))

    def one(self, key: Any, reading: Reading) -> Any:
        if isinstance(key, int) and key > ID_MAX:
            raise Http404
        assert self.lookup is not None
        found = self.loaded(self.everything().filter(**{self.lookup.field: key})[:1], self.shown_fields(), reading)
        if not found:
            raise Http404
        return found[0]

    def reading(self, request: Request) -> Reading:
        return Reading(request._request)

    def finalize_response(self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any) -> HttpResponse:
        """Kept whole for everyone until something changes; what someone searched for is kept nowhere."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        if answer.status_code == 200 and not self.is_sensitive:
            known = {parameter.name for parameter in (*self.list_parameters(), *self.detail_parameters())}
            mark_cacheable(self.request._request, answer, query=known - {"search"})
        else:
            mark_no_store(self.request._request, answer)
        return answer

    def handle_exception(self, exc: Exception) -> HttpResponse:
        """A problem document; what is nobody's mistake but ours goes on to the site's own handler."""
        if isinstance(exc, Refused):
            return problem(400, "bad-parameters", "The query doesn't fit.", errors=exc.errors)
        if isinstance(exc, Http404):
            return problem(404, "not-found", "There is nothing here.")
        if isinstance(exc, APIException):
            return problem(exc.status_code, "refused", "This can't be answered.")
        raise exc

    # its own description

    @classmethod
    def list_parameters(cls) -> Sequence[Parameter]:
        return cls.parameters

    @classmethod
    def detail_parameters(cls) -> Sequence[Parameter]:
        return [fields_parameter(field.name for field in cls.shown_fields())]

    @classmethod
    def components(cls) -> dict[str, Schema]:
        """The schemas of one object: whole, as lists show it, and with some fields only."""
        return {
            cls.component: whole_schema(cls.fields),
            f"Listed{cls.component}": whole_schema(field for field in cls.fields if field.in_list),
            f"Partial{cls.component}": partial_schema(cls.fields),
        }

    @classmethod
    def operations(cls) -> list[tuple[str, dict[str, Any]]]:
        """[(address beneath the endpoint's, OpenAPI operation)]."""
        partial = ref(f"Partial{cls.component}")
        items = list_schema({"anyOf": [ref(f"Listed{cls.component}"), partial]})
        found = [("", operation(cls, "list", f"A list of {cls.plural}.", cls.list_parameters(), items))]
        if cls.lookup:
            one = {"anyOf": [ref(cls.component), partial]}
            by = [in_path("key", cls.lookup.schema)]
            said = f"One of the {cls.plural}."
            found.append(("{key}/", operation(cls, "one", said, cls.detail_parameters(), one, in_path=by)))
        return found

    @classmethod
    def get_urlpatterns(cls) -> list[URLPattern]:
        found = [path("", cls.as_view({"get": "listing_view"}), name="listing")]
        if cls.lookup:
            found.append(path(cls.lookup.route, cls.as_view({"get": "detail_view"}), name="detail"))
        return found


def endpoint_address(name: str, key: Any = None) -> str:
    """The full address of a list of the API, or of an object in it."""
    where = reverse(f"api:{name}:listing") if key is None else reverse(f"api:{name}:detail", args=(key,))
    return absolute(where)
