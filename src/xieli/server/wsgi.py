"""The WSGI entry of the web, door and API processes."""
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
