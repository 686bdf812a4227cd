"""URLs of the record of sessions, under /field/sessions/."""

from django.urls import URLPattern, URLResolver, path

from .views import counting, feed, lists, one

app_name = "sessions"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", lists.sessions, name="list"),
    path("month/", lists.month, name="month"),
    path("month.ics", lists.month_file, name="month_file"),
    path("calendar/", lists.subscription, name="subscription"),
    path("calendar/make/", lists.make_subscription, name="make_subscription"),
    path("calendar/revoke/", lists.revoke_subscription, name="revoke_subscription"),
    path("calendar/of/<str:secret>.ics", feed.feed, name="feed"),
    path("numbers/", counting.numbers, name="numbers"),
    path("numbers.csv", counting.numbers_file, name="numbers_file"),
    path("plan/", one.plan, name="plan"),
    path("<uuid:session_id>/", one.session, name="session"),
    path("<uuid:session_id>/change/", one.change, name="change"),
    path("<uuid:session_id>/outcome/", one.outcome, name="outcome"),
    path("<uuid:session_id>/cancel/", one.cancel, name="cancel"),
    path("<uuid:session_id>/again/", one.again, name="again"),
]
