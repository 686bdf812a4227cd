"""The URLs of the changes, under the admin's."""

from django.urls import include, path

from . import views

changes = (
    [
        path("", views.changes, name="list"),
        path("<uuid:pk>/", views.DirectoryChangeView.as_view(), name="change"),
        path("test/<int:pk>/", views.test_again, name="test_again"),
        path("test-way/<int:pk>/", views.test_way, name="test_way"),
    ],
    "directory_changes",
)
urlpatterns = [path("directory-changes/", include(changes))]
