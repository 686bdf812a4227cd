"""Static files under names that carry a hash of their content, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStatics(CompressedManifestStaticFilesStorage):
    """As WhiteNoise makes it, and ES modules import each other under their hashed names too.

    Without that a browser would fetch `./logic.js` under its plain name and could go on using an older copy beside the
    new `form.js`. An import must end with a semicolon and name a file (`./x.js`); modules don't import in circles.
    """

    support_js_module_import_aggregation = True
