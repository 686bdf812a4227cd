"""URLs of the sandbox. Mounted only where `settings.SANDBOX` is true."""

from django.urls import path

from . import push_views, views
from .gallery import gallery

app_name = "sandbox"
urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/<slug:key>/", views.letter, name="letter"),
    path("phones/", views.phones, name="phones"),
    path("phones/answer/", views.answer_phone, name="answer_phone"),
    path("push/", push_views.push, name="push"),
    path("push/phone/", push_views.push_phone, name="push_phone"),
    path("push/<slug:key>/", push_views.push_service, name="push_service"),
    path("gallery/", gallery, name="gallery"),
    path("gallery/<slug:group>/", gallery, name="gallery_group"),
]
