"""URLs of the record of sessions, under /field/sessions/."""

from django.urls import URLPattern, URLResolver, path

from .views import calendar, phone_records, sessions, statistics

app_name = "sessions"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", sessions.session_list, name="list"),
    path("month/", calendar.month, name="month"),
    path("month.ics", calendar.month_file, name="month_file"),
    path("calendar/", calendar.subscription, name="subscription"),
    path("calendar/make/", calendar.make_subscription, name="make_subscription"),
    path("calendar/revoke/", calendar.revoke_subscription, name="revoke_subscription"),
    path("calendar/of/<str:secret>.ics", calendar.feed, name="feed"),
    path("numbers/", statistics.statistics, name="numbers"),
    path("numbers.csv", statistics.statistics_file, name="numbers_file"),
    path("plan/", sessions.plan_session, name="plan"),
    path("from-phones/<uuid:record_id>/", phone_records.phone_record, name="phone_record"),
    path("<uuid:session_id>/", sessions.session_page, name="session"),
    path("<uuid:session_id>/change/", sessions.change_plan, name="change"),
    path("<uuid:session_id>/outcome/", sessions.record_outcome, name="outcome"),
    path("<uuid:session_id>/cancel/", sessions.cancel_session, name="cancel"),
    path("<uuid:session_id>/again/", sessions.plan_again, name="again"),
]
