"""The base of every endpoint of the public API: Wagtail's viewset, read only, strict, and the same for everyone.

It signs nobody in, reads no session and no cookie, and shows nothing but its declared fields. Wagtail's part: lists,
objects, filters, paging and the choice of fields. Added here: strict parameters, problem documents, caching, loading in
bulk, and the description for OpenAPI.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import URLPattern, path
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from wagtail.api.v2.serializers import get_serializer_class
from wagtail.api.v2.utils import BadRequestError, parse_fields_parameter
from wagtail.api.v2.views import BaseAPIViewSet

from access.middleware import problem

from ..page_cache.markers import mark_cacheable, mark_no_store
from . import openapi
from .filters import ParameterFilter, StableOrderingFilter
from .json_schema import Schema, integer, ref, string
from .loader import Loader
from .parameters import ID_MAX, PAGING, BadParameters, Parameter, fields_parameter, order_parameter, read
from .serializers import PublicSerializer, serializer_schema

ID = integer(minimum=1, maximum=ID_MAX)
SLUG = string(pattern="^[-a-zA-Z0-9_]+$", maxLength=80)


class AlwaysJSON(BaseContentNegotiation):
    """Content negotiation with one form of answer, whatever a client says it accepts."""

    # One form for everybody lets the page cache hold one answer for each address.
    def select_parser(self, request: Request, parsers: Sequence[Any]) -> None:
        return None

    def select_renderer(self, request: Request, renderers: Sequence[Any], format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class PublicAPIViewSet(BaseAPIViewSet):
    """A list and its objects.

    A room that owns data gives `get_queryset()`, a serializer, its fields and parameters.
    """

    renderer_classes = (JSONRenderer,)
    content_negotiation_class = AlwaysJSON
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    base_serializer_class = PublicSerializer
    loader_class: ClassVar[type[Loader]] = Loader

    plural: ClassVar[str]  # its address; `name` belongs to the framework, which clears it
    component: ClassVar[str]
    body_fields: ClassVar[list[str]] = []
    meta_fields: ClassVar[list[str]] = []
    listing_default_fields: ClassVar[list[str]] = []  # none: all
    parameters: ClassVar[Sequence[Parameter]] = ()  # besides `fields`, `order`, `limit` and `offset`
    orders: ClassVar[Sequence[str]] = ()
    filter_backends: ClassVar[list[type]] = [ParameterFilter, StableOrderingFilter]
    lookup_field = "pk"  # or a slug; empty: its objects have no address of their own
    lookup_url_kwarg = "pk"
    is_sensitive = False  # whether this one answer must be stored nowhere

    # what is asked

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse wrong parameters before anything is read from the database."""
        super().initial(request, *args, **kwargs)
        self.values = read(request.GET, self.get_parameters(self.action))

    def check_query_parameters(self, queryset: QuerySet) -> None:
        """Do nothing: `initial` has checked the parameters, more strictly."""

    @classmethod
    def get_parameters(cls, action: str) -> Sequence[Parameter]:
        """Return the parameters that `listing_view` or `detail_view` accepts."""
        fields = fields_parameter(cls.get_available_fields(cls.model))
        if action != "listing_view":
            return (fields,)
        return (*cls.parameters, fields, *([order_parameter(cls.orders)] if cls.orders else []), *PAGING)

    def get_serializer_class_for(self, model: type) -> Any:
        """Return Wagtail's serializer with those of the requested fields that this model has."""
        is_list = self.action == "listing_view"
        viewset: Any = type(self)
        return _build_serializer_class(
            viewset, self.request.wagtailapi_router, model, self.values.get("fields", ""), is_list
        )

    def get_serializer_class(self) -> Any:
        return self.get_serializer_class_for(self.model)

    def asked_fields(self) -> set[str]:
        """Return the names of all fields that this answer shows."""
        return set(self.get_serializer_class_for(self.model).Meta.fields)

    # what is answered

    @cached_property
    def loader(self) -> Loader:
        return self.loader_class(self.request._request)

    def load(self, things: Iterable[Any]) -> list[Any]:
        """Return the objects of one answer with what their fields need."""
        return list(things)

    def paginate_queryset(self, queryset: Any) -> list[Any]:
        self.loader.objects = self.load(super().paginate_queryset(queryset))
        return self.loader.objects

    def get_object(self) -> Any:
        key = self.kwargs["pk"]
        # A number beyond the database's would end in an error of ours instead of a 404 (docs/adr/0024).
        if isinstance(key, int) and key > ID_MAX:
            raise Http404
        if not self.loader.objects:
            self.loader.objects = self.load([super().get_object()])
        return self.loader.objects[0]

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "loader": self.loader}

    @classmethod
    def get_listing_default_fields(cls, model: type) -> list[str]:
        return cls.listing_default_fields or cls.get_available_fields(model)

    def get_renderer_context(self) -> dict[str, Any]:
        return {**super().get_renderer_context(), "indent": None}

    def finalize_response(self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any) -> HttpResponse:
        """Mark the answer as cacheable for everyone; what someone searched for is stored nowhere."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        if answer.status_code == 200 and not self.is_sensitive:
            # Parameters were checked already, so every name but the search is safe to be part of a cached address.
            known = {each.name for action in ("listing_view", "detail_view") for each in self.get_parameters(action)}
            mark_cacheable(self.request._request, answer, query=known - {"search"})
        else:
            mark_no_store(self.request._request, answer)
        return answer

    def handle_exception(self, exc: Exception) -> HttpResponse:
        """Answer with a problem document; an error of ours goes on to the site's own handler."""
        if isinstance(exc, BadParameters):
            return problem(400, "bad-parameters", "The query doesn't fit.", errors=exc.errors)
        # Wagtail's filters: a well-formed parameter names a page that isn't there, or is hidden.
        if isinstance(exc, Http404 | BadRequestError):
            return problem(404, "not-found", "There is nothing here.")
        if isinstance(exc, APIException):
            return problem(exc.status_code, "refused", "This can't be answered.")
        raise exc

    @classmethod
    def get_urlpatterns(cls) -> list[URLPattern]:
        found = [path("", cls.as_view({"get": "listing_view"}), name="listing")]
        if cls.lookup_field:
            route = "<int:pk>/" if cls.lookup_field == "pk" else "<slug:pk>/"
            found.append(path(route, cls.as_view({"get": "detail_view"}), name="detail"))
        return found

    # its own description

    @classmethod
    def build_serializer(cls, model: type, names: Sequence[str]) -> Any:
        """Return a serializer with these fields, without a request: to be described."""
        meta = cls.get_meta_fields_names(model)
        return get_serializer_class(model, names, meta_fields=meta, base=cls.base_serializer_class)()

    @classmethod
    def components(cls) -> dict[str, Schema]:
        """Return the schemas of one object: whole, as lists show it, and with some fields only."""
        whole = cls.build_serializer(cls.model, cls.get_available_fields(cls.model))
        listed = cls.build_serializer(cls.model, cls.get_listing_default_fields(cls.model))
        return {
            cls.component: serializer_schema(whole),
            f"Listed{cls.component}": serializer_schema(listed),
            f"Partial{cls.component}": serializer_schema(whole, is_partial=True),
        }

    @classmethod
    def operations(cls) -> dict[str, dict[str, Any]]:
        """Return {address beneath the endpoint's: OpenAPI operation}."""
        partial = ref(f"Partial{cls.component}")
        items = openapi.list_schema({"anyOf": [ref(f"Listed{cls.component}"), partial]})
        asked = cls.get_parameters("listing_view")
        found = {"": openapi.operation(cls, "list", f"A list of {cls.plural}.", asked, items)}
        if cls.lookup_field:
            key = openapi.in_path("key", ID if cls.lookup_field == "pk" else SLUG)
            one = {"anyOf": [ref(cls.component), partial]}
            asked = cls.get_parameters("detail_view")
            found["{key}/"] = openapi.operation(cls, "one", f"One of the {cls.plural}.", asked, one, in_path=[key])
        return found


@lru_cache(maxsize=512)
def _build_serializer_class(viewset: Any, router: Any, model: Any, fields: str, is_list: bool) -> Any:
    """Build a serializer class with these fields; cached, since building one takes longer than an answer with it."""
    # In a mixed list a field may belong to some types only; Wagtail would refuse it for all others.
    known = {*viewset.get_available_fields(model), "*", "_"}
    asked = [each for each in parse_fields_parameter(fields) if each[0] in known]
    return viewset._get_serializer_class(router, model, asked, show_details=not is_list)
