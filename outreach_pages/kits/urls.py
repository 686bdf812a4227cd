"""URLs of kits for those who hold sessions, under /field/sessions/kits/."""

from django.urls import path

from . import views

app_name = "session_kits"
urlpatterns = [
    path("", views.kit_list, name="list"),
    path("<int:version_id>/", views.kit, name="kit"),
    path("<int:version_id>/all.zip", views.kit_zip, name="zip"),
    path("<int:version_id>/<int:page_id>/", views.material, name="material"),
    path("<int:version_id>/<int:page_id>/slides/", views.slides, name="slides"),
    path("<int:version_id>/<int:page_id>.pdf", views.material_pdf, name="pdf"),
]
