"""Addresses of search and drafts."""
from django.urls import path

from xieli.faces.web.views import drafts, pick, search

urlpatterns = [
    path("search", search.search, name="search"),
    path("pick/body", pick.body, name="pick_body"),
    path("pick/person", pick.person, name="pick_person"),
    path("drafts", drafts.drafts, name="drafts"),
    path("drafts/save", drafts.save, name="draft_save"),
    path("drafts/<str:ref>", drafts.draft, name="draft"),
    path("drafts/<str:ref>/discard", drafts.discard, name="draft_discard"),
]
