"""Addresses of the desk's other screens: the circle, the audit desk, reference, debts to people, quick doors, the tour."""
from django.urls import path

from xieli.faces.web.views import access, audit, components, owed, quick, reference, tour

urlpatterns = [
    path("m/<str:ref>/access", access.page, name="access"),
    path("m/<str:ref>/access/give", access.give, name="grant_give"),
    path("m/<str:ref>/access/<str:grant_ref>/revoke", access.revoke, name="grant_revoke"),
    path("access/endings", access.endings, name="access_endings"),
    path("access/renew", access.renew, name="access_renew"),
    path("m/<str:ref>/recuse", access.recuse, name="recuse"),
    path("glass", access.glass, name="glass"),
    path("glass/break", access.break_it, name="glass_break"),
    path("glass/<int:review>/judge", access.judge, name="glass_judge"),
    path("recusals/<int:recusal>/decide", access.decide, name="recusal_decide"),
    path("audit", audit.page, name="audit"),
    path("audit/alarm/<int:alarm>/close", audit.close_alarm, name="audit_alarm"),
    path("audit/erase", audit.erase, name="audit_erase"),
    path("owed", owed.page, name="owed"),
    path("owed/notice/<str:ref>", owed.notice, name="owed_notice"),
    path("owed/sheet/<str:ref>", owed.sheet, name="owed_sheet"),
    path("owed/task/<str:ref>", owed.task, name="owed_task"),
    path("green", quick.green_channel, name="green_channel"),
    path("rights", quick.rights, name="rights"),
    path("bodies", reference.bodies, name="bodies"),
    path("bodies/merge", reference.merge, name="merge"),
    path("bodies/merge/ask", reference.merge_ask, name="merge_ask"),
    path("bodies/merge/<str:ref>/decide", reference.merge_decide, name="merge_decide"),
    path("bodies/<str:code>", reference.body, name="body"),
    path("calendar", reference.calendar, name="calendar"),
    path("playbooks", reference.playbooks, name="playbooks"),
    path("playbooks/<str:code>", reference.playbook, name="playbook"),
    path("components", components.page, name="components"),
    path("tour/<int:step>", tour.go, name="tour"),
    path("tour/<slug:which>/<int:step>", tour.go, name="tour_of"),
    path("tour/there", tour.there, name="tour_there"),
    path("tour/end", tour.end, name="tour_end"),
]
