"""The public site for other front ends: Wagtail's API v2, read only, the same for every caller (docs/api-public.md).

Serializers say what is shown; the answers and their description (`openapi`) both come from them. Docstrings of page
models, viewsets, serializers and blocks are published in that description. Endpoints of other rooms build on
`viewsets.PublicAPIViewSet` and are put together in `config.api_urls`.
"""
