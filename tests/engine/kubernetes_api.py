"""What `spark-submit` meets when it asks Kubernetes for pods: a server on loopback that says yes and keeps what was asked."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.engine.spark_cluster import LOOPBACK

Json = dict[str, Any]


class KubernetesApi(http.server.ThreadingHTTPServer):
    """Takes every object that is made, and says of every pod that it has done its work."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.made: list[tuple[str, Json]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def of_kind(self, kind: str) -> list[Json]:
        """Objects of a kind, as they were sent, in order."""
        return [made for _, made in self.made if made["kind"] == kind]

    def finished_pods(self) -> list[Json]:
        return [_accepted(pod) | {"status": {"phase": "Succeeded"}} for pod in self.of_kind("Pod")]


@contextmanager
def kubernetes_api() -> Iterator[KubernetesApi]:
    """Start it, and end it afterwards."""
    with KubernetesApi() as api:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        yield api
        api.shutdown()


def _accepted(sent: Json) -> Json:
    given = {"uid": "00000000-0000-4000-8000-000000000001", "namespace": "fairlead", "resourceVersion": "1"}
    return sent | {"metadata": sent["metadata"] | given}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: KubernetesApi

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.made.append((self.path, sent))
        self._answer(201 if self.command == "POST" else 200, _accepted(sent))

    do_PATCH = do_POST

    def do_GET(self) -> None:
        pods = self.server.finished_pods()
        if "watch=true" in self.path:
            self._answer(200, {"type": "MODIFIED", "object": pods[0]})
        elif "/pods/" in self.path:
            self._answer(200, pods[0])
        else:
            listed = {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}}
            self._answer(200, listed | {"items": pods})

    def _answer(self, status: int, body: Json) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
