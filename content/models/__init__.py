"""What the public site is made of: telephone lines and pages."""

from .hotlines import Confidence, Hotline, Publish
from .pages import ArticlePage, HelpPage, HomePage
from .public_page import PublicPageMixin
from .seeded import SeededText

__all__ = [
    "ArticlePage",
    "Confidence",
    "HelpPage",
    "HomePage",
    "Hotline",
    "PublicPageMixin",
    "Publish",
    "SeededText",
]
