"""URLs of the sandbox. Mounted only where `settings.SANDBOX` is true."""

from django.urls import path

from . import views
from .gallery import gallery

app_name = "sandbox"
urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/<slug:key>/", views.letter, name="letter"),
    path("gallery/", gallery, name="gallery"),
    path("gallery/<slug:group>/", gallery, name="gallery_group"),
]
