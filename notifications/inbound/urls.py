"""URLs at which gateways report."""

from django.urls import path

from . import views

app_name = "inbound"
urlpatterns = [
    path("gateway/<slug:name>/receipt/", views.receipt, name="receipt"),
    path("gateway/<slug:name>/reply/", views.reply, name="reply"),
    path("gateway/<slug:name>/key/", views.key, name="key"),
]
