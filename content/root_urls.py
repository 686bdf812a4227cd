"""URLs without a language prefix: service worker, app manifest, pictures."""

from django.urls import path

from .media_files import views as files
from .offline import views as phone

app_name = "serving"
urlpatterns = [
    path("sw.js", phone.worker, name="worker"),
    path("app.webmanifest", phone.manifest, name="manifest"),
    path("media/images/<path:path>", files.rendition, name="rendition"),
]
