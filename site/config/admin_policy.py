"""Content security policy of the pages under /cms/ (docs/adr/0079).

No inline script runs: neither Wagtail's own, which start otherwise (`config.admin_scripts` and
`static/js/cms/start.js`), nor one that somebody injected. Style attributes work only if they are listed here, word for
word; style elements only if a script of ours or of Wagtail's made them.
"""

from base64 import b64encode
from hashlib import sha256

from csp.constants import NONCE, NONE, SELF, Nonce
from django.urls import ResolverMatch

# The style attributes that Wagtail and the packages around it write into markup, with who writes it. Scripts that set a
# style on an element need no permission. tests/security/test_cms_inline.py looks for each in the installed packages.
STYLE_ATTRIBUTES = {
    "display:block;position:absolute;width:200px;height:200px;overflow:hidden;": "jquery-ui: how wide a scroll bar is",
    "height:300px;width:auto;": "jquery-ui: the same",
    "display:none;": "tag-it: the field behind the tags",
    "margin-top:30px;": "modeladmin: an empty list",
    "padding-top: 20px;": "wagtail-localize: a page that isn't translated yet",
}


def digest(text: str) -> str:
    """Return the source expression that allows exactly this text."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


Policy = dict[str, list[str | Nonce]]

CMS_POLICY: Policy = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    # The nonce: what Draftail and wagtail-localize's editor make with createElement (start.js).
    "style-src-elem": [SELF, NONCE],
    # "unsafe-hashes" extends hashes to style attributes; without it browsers match them with elements only.
    "style-src-attr": ["'unsafe-hashes'", *map(digest, STYLE_ATTRIBUTES)],
    "img-src": [SELF, "data:", "blob:"],  # a grid in Wagtail's style sheet; a picture that is being uploaded
    "font-src": [SELF],
    "connect-src": [SELF],
    "frame-src": [SELF],
    "frame-ancestors": [NONE],
    "form-action": [SELF],
    "base-uri": [NONE],
}

# Wagtail's preview panels show these in a frame, error pages included.
PREVIEWS = {"preview_on_add", "preview_on_edit", "wagtailadmin_block_preview"}
# Jcrop asks whether the browser knows touch events by giving an element this handler, which does nothing.
JCROP_VIEW, JCROP_HANDLER = "wagtailimages:edit", "return;"


def cms_policy(match: ResolverMatch | None) -> Policy:
    """Return the policy of an address under /cms/; `match` is None where no view was found or reached."""
    if match and match.url_name in PREVIEWS:
        return {**CMS_POLICY, "frame-ancestors": [SELF]}
    if match and match.view_name == JCROP_VIEW:
        # For this one view: without it Jcrop works too, but each visit reports a violation, and real ones get
        # overlooked.
        return {**CMS_POLICY, "script-src-attr": ["'unsafe-hashes'", digest(JCROP_HANDLER)]}
    return CMS_POLICY
