"""A page opened in the browser from its file, with the network cut and all it does written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true; })"


class Visit:
    """A page opened from a file: what it asked for, what it complained of, which dialogs it had."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.dialogs: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._dismiss)

    def open(self, file: Path) -> Page:
        def answer(route: Route) -> None:
            if route.request.url == file.as_uri():
                route.continue_()
            else:
                self.requests.append(route.request.url)
                route.abort()

        self.page.route("**/*", answer)
        self.page.goto(file.as_uri())
        return self.page

    def _dismiss(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


def at(width: int, scheme: str = "light", *, height: int = 900, **more: Any) -> dict[str, Any]:
    """Give the options of a window: its width and height in CSS pixels, light or dark."""
    return {"viewport": {"width": width, "height": height}, "color_scheme": scheme, **more}
