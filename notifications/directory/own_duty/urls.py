"""A contact's own page, and their calendar.

Under /n/ like a notice's, so that logs, caches and limits treat them alike; no notice's token holds a dot.
"""

from django.urls import path

from .views import own_calendar, own_duty

app_name = "own_duty"
urlpatterns = [
    path("d.<str:token>/", own_duty, name="page"),
    path("k.<str:secret>/", own_calendar, name="calendar"),
]
