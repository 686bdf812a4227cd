"""The URLs of this room. No name, date or number is ever in one."""

from django.urls import URLPattern, URLResolver, path

from . import views, views_of_cases

app_name = "finding"
urlpatterns: list[URLPattern | URLResolver] = [
    path("find/", views.find, name="find"),
    path("find/questions/", views.questions, name="questions"),
    path("find/questions/<uuid:question_id>/ask/", views.ask, name="ask"),
    path("find/requests/<uuid:request_id>/", views.request_page, name="request"),
    path("find/access/<int:access_id>/end/", views.end_access, name="end_access"),
    path("find/orphans/", views.orphans, name="orphans"),
    path("find/merges/<uuid:merge_id>/", views_of_cases.merge, name="merge"),
    path("find/transfers/<uuid:transfer_id>/", views_of_cases.handed_over, name="handed_over"),
    path("cases/<slug:reference>/related/", views_of_cases.related, name="related"),
    path("cases/<slug:reference>/transfer/", views_of_cases.transfer, name="transfer"),
]
