"""The standing link of a service.

Under /n/ like a notice's, so that logs, caches and limits treat it alike; no notice's token holds a dot.
"""

from django.urls import path

from .views import places

app_name = "places"
urlpatterns = [path("p.<str:token>/", places, name="places")]
