"""Addresses of a matter's files."""
from django.urls import path

from xieli.faces.web.views import files

urlpatterns = [
    path("m/<str:ref>/files", files.page, name="files"),
    path("m/<str:ref>/files/add", files.add, name="file_add"),
    path("m/<str:ref>/files/<str:file_ref>/take", files.take, name="file_take"),
    path("m/<str:ref>/files/<str:file_ref>/custody", files.custody, name="file_custody"),
    path("m/<str:ref>/files/<str:file_ref>/judge", files.judge, name="file_judge"),
]
