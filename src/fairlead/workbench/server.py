"""Serves the workbench: one gunicorn, started in the process that opened the register."""

from __future__ import annotations

from typing import Any

from gunicorn.app.base import BaseApplication

from fairlead.register.database import close_register

THREADS = 16
_TIMEOUT_S = 120


class Workbench(BaseApplication):
    """The workbench under gunicorn, with its options given in the program and not in files."""

    def __init__(self, address: str, *, workers: int) -> None:
        self.address = address
        self.workers = workers
        super().__init__()

    def load_config(self) -> None:
        """Options."""
        options: dict[str, object] = {
            "bind": self.address,
            "workers": self.workers,
            "threads": THREADS,
            "worker_class": "gthread",
            "timeout": _TIMEOUT_S,
            "graceful_timeout": 20,
            "loglevel": "error",
            "accesslog": None,
            "preload_app": True,
            "limit_request_line": 4094,
            "limit_request_fields": 60,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application; connections made while starting stay with the process that made them."""
        from fairlead.workbench.wsgi import application

        close_register()
        return application


def serve(host: str, port: int, *, workers: int = 1) -> None:
    """Serve until told to stop."""
    Workbench(f"{host}:{port}", workers=workers).run()
