"""URLs of the staff screens, under the admin's."""

from django.urls import include, path

from ..place_changes.views import PlaceChangeView
from . import views, waiting_views

people = (
    [
        path("", views.people, name="list"),
        path("new/", views.add, name="add"),
        path("<int:pk>/", views.person, name="person"),
        path("<int:pk>/change/", views.change, name="change"),
        path("<int:pk>/role/", views.give_role, name="give_role"),
        path("<int:pk>/role/<int:assignment>/end/", views.end_role, name="end_role"),
        path("<int:pk>/shut/", views.shut, name="shut"),
        path("<int:pk>/open-again/", views.open_again, name="open_again"),
        path("<int:pk>/invite/", views.invite, name="invite"),
        path("<int:pk>/end-sessions/", waiting_views.ask_to_end_sessions, name="end_sessions"),
    ],
    "staff",
)
resets = (
    [
        path("", views.resets, name="list"),
        path("ask/<int:pk>/", views.ask_for_reset, name="ask"),
        path("<int:pk>/", views.decide_reset, name="decide"),
    ],
    "factor_resets",
)
by_two = (
    [
        path("", waiting_views.waiting, name="list"),
        path("role/<int:pk>/", waiting_views.decide_role, name="role"),
        path("address/<int:pk>/", waiting_views.decide_address, name="address"),
        path("place/<uuid:pk>/", PlaceChangeView.as_view(), name="place"),
        path("sessions/<int:pk>/", waiting_views.decide_session_end, name="session_end"),
    ],
    "by_two",
)
urlpatterns = [
    path("staff/", include(people)),
    path("factor-resets/", include(resets)),
    path("by-two/", include(by_two)),
]
