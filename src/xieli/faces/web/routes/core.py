"""Addresses of the kernel's screens."""
from django.urls import path

from xieli.faces.web.views import approvals, handovers, matter, workbench

urlpatterns = [
    path("", workbench.workbench, name="workbench"),
    path("task/<str:ref>/done", workbench.task_done, name="task_done"),
    path("m/<str:ref>", matter.page, name="matter"),
    path("m/<str:ref>/form/<str:code>", matter.form, name="form"),
    path("m/<str:ref>/move/<str:code>", matter.move, name="move"),
    path("m/<str:ref>/note", matter.note, name="note"),
    path("m/<str:ref>/task", matter.task, name="task"),
    path("m/<str:ref>/clock/<str:clock_ref>", matter.clock, name="clock"),
    path("m/<str:ref>/diagram", matter.diagram, name="diagram"),
    path("m/<str:ref>/ask/<str:act>", approvals.ask, name="ask"),
    path("m/<str:ref>/handover", handovers.send, name="handover_new"),
    path("approval/<str:ref>", approvals.slip, name="approval"),
    path("approval/<str:ref>/decide", approvals.decide, name="decide"),
    path("approval/<str:ref>/paper", approvals.paper, name="paper"),
    path("approval/<str:ref>/withdraw", approvals.withdraw, name="withdraw"),
    path("sent", handovers.sent, name="sent"),
    path("parcel/<str:ref>", handovers.parcel, name="parcel"),
    path("parcel/<str:ref>/step", handovers.step, name="parcel_step"),
    path("parcel/<str:ref>/remind", handovers.remind, name="remind"),
    path("parcel/<str:ref>/tell", handovers.tell, name="tell_sender"),
    path("duty/<str:ref>/answer", handovers.answer, name="answer"),
]
