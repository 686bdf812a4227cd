"""The public site for other front ends: Wagtail's API v2, read only, the same for every caller.

`fields` is the one registry: what an endpoint shows, how it is made from an object, and its JSON Schema. The answers
and their description (`openapi`) both come from it. Endpoints of other rooms build on `endpoint.Endpoint` and are put
together in `config.api`.
"""
