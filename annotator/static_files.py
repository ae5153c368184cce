"""How static files are named and kept."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Named by content, modules that import each other too: all of it may be kept for ever."""

    support_js_module_import_aggregation = True
