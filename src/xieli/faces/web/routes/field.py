"""Addresses of campaigns and charges, the project board, water sections, trees, catalogues of small cuts and the four lists."""
from django.urls import path

from xieli.faces.web.views import analysis, campaigns, field, lists

urlpatterns = [
    path("campaigns", campaigns.overview, name="campaigns"), path("m/<str:ref>/campaign", campaigns.page, name="campaign"), path("charges", campaigns.in_charge, name="charges"),
    path("projects", field.projects, name="projects"), path("m/<str:ref>/project", field.project, name="project"), path("water", field.water, name="water"), path("m/<str:ref>/section", field.section, name="section"),
    path("m/<str:ref>/tree", field.tree, name="tree"), path("catalogues", field.catalogues, name="catalogues"), path("remedy/lists", lists.page, name="four_lists"),
    path("analysis", analysis.page, name="analysis"),
]
