"""URLs of one's own phones, beside the other pages of an account."""

from django.urls import path

from notifications.channels.push_worker import worker

from . import views

urlpatterns = [
    path("phones/", views.phones, name="account_phones"),
    # Beside the account's pages: it can answer for nothing but what lies under /accounts/.
    path("push-worker.js", worker, name="account_push_worker"),
]
