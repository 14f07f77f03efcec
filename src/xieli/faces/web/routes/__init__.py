"""One module of addresses per room: `urlpatterns`."""
