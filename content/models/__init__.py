"""Models of the public site: pages, hotlines, glossary terms, search settings."""

from ..page_listing import public_page_models, public_pages, reviewed_page_models
from .examined_file import ExaminedFile
from .glossary import GlossaryTerm
from .hotlines import Confidence, Hotline, Publish
from .language_page import LanguagePage
from .pages import (
    ArticlePage,
    DownloadPage,
    GlossaryPage,
    HelpPage,
    HomePage,
    QuestionsPage,
    SearchPage,
    SectionPage,
    ServicePage,
    StepsPage,
    StoryPage,
)
from .public_page import PublicPageMixin
from .search import SearchAnswer, SearchSynonyms
from .seeded import SeededText

__all__ = [
    "ArticlePage",
    "Confidence",
    "DownloadPage",
    "ExaminedFile",
    "GlossaryPage",
    "GlossaryTerm",
    "HelpPage",
    "HomePage",
    "Hotline",
    "LanguagePage",
    "PublicPageMixin",
    "Publish",
    "QuestionsPage",
    "SearchAnswer",
    "SearchPage",
    "SearchSynonyms",
    "SectionPage",
    "SeededText",
    "ServicePage",
    "StepsPage",
    "StoryPage",
    "public_page_models",
    "public_pages",
    "reviewed_page_models",
]
