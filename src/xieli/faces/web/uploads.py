"""Where an upload ends: at the limit of one request, before the disc is full. What was typed beside it is read all the same."""
from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class Limited(FileUploadHandler):
    """Counts what comes in over all files of a request; past the limit the rest is thrown away and the request marked."""

    taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.taken += len(raw_data)
        if self.taken > settings.FILE_LARGEST:
            self.request.too_large = True  # type: ignore[union-attr]
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None
