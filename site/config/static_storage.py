"""Static files under names with a hash of their content, so that browsers may cache them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, in which ES modules import each other under their hashed names too.

    Without that a browser would fetch `./logic.js` under its plain name and could go on using an older copy beside the
    new `form.js`. An import must end with a semicolon and name a file (`./x.js`); modules must not import in circles.
    """

    support_js_module_import_aggregation = True
