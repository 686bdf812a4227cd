"""Database triggers that make the versions of kits immutable: every UPDATE and DELETE is refused."""

from audit.triggers import KeptTable

KIT_VERSIONS = KeptTable("outreach_pages_kitversion", "kit_version", "a version of a kit is never changed or deleted")
