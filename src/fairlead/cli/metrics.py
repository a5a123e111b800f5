"""`fairlead metrics`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from fairlead.case.place.session import Session
from fairlead.case.upkeep.metrics import figures
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_json
from fairlead.register.database import close_register


class _Figures(Collector):
    """Counts anew whenever it is asked."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every figure, with the operation as a label."""
        try:
            listed = list(figures(self._session))
        finally:
            close_register()  # a server that was restarted meanwhile is found again the next time
        for figure in listed:
            names = [name for name, _ in figure.samples[0].labels] if figure.samples else []
            family = GaugeMetricFamily(figure.name, figure.meaning, labels=["operation", *names])
            for sample in figure.samples:
                family.add_metric([self._session.operation, *(v for _, v in sample.labels)], sample.value)
            yield family


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Serve them here for Prometheus until stopped.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on.")
@operation_option
def metrics(
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    port: int | None,
    host: str,
    *,
    as_json: bool,
) -> None:
    """Print figures of the operation in the format of Prometheus, or serve them. They name no person and no file."""
    session = session_of(workspace, operation, user)
    if as_json:
        told = {
            figure.name: [{**dict(sample.labels), "value": sample.value} for sample in figure.samples]
            for figure in figures(session)
        }
        print_json({"operation": session.operation, "figures": told})
        return
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(session))
    if port is None:
        click.echo(generate_latest(registry).decode(), nl=False)
        return
    _, thread = start_http_server(port, addr=host, registry=registry)
    click.echo(f"http://{host}:{port}/metrics")
    thread.join()
