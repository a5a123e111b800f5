"""The named formats of access logs. Each says where it is published, and has a made sample that tests read."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import unquote_to_bytes

from fairlead.engine.doors import Door
from fairlead.records.json_logs import json_reader, path_of, wrapped_text
from fairlead.records.log_patterns import pattern_reader
from fairlead.records.weblog import (
    LONGEST_FOR_PATTERN,
    Heading,
    LineReader,
    LogForm,
    Parsed,
    read_combined,
    read_vhost_combined,
)

LOG_FORMS: Door[LogForm] = Door(LogForm)
"""Named formats of access logs, the program's own and those of other packages."""

_INSIDE = re.compile(r"([a-z0-9_-]+)\((.*)\)", re.DOTALL)


def reader_for(form: str) -> LineReader | None:
    """The reader of a named format, of one inside another, ``docker_json(combined)``, or of a format string.

    None if unusable. A reader is for one file.
    """
    named = LOG_FORMS.all()
    if form in named:
        begin = named[form].begin
        return begin() if begin is not None else named[form].read
    found = _INSIDE.fullmatch(form)
    outer = named.get(found.group(1)) if found else None
    if found is not None and outer is not None and outer.wrap is not None:
        inner = reader_for(found.group(2))
        return outer.wrap(inner) if inner is not None else None
    return pattern_reader(form)


_W3C = {
    "c-ip": "ip", "cs-username": "user", "cs-method": "method", "cs-uri-stem": "path", "cs-uri-query": "query",
    "sc-status": "status", "sc-bytes": "size", "cs(user-agent)": "agent", "c-port": "port", "cs(cookie)": "cookie",
    "date": "date", "time": "time",
}  # fmt: skip
_CLOUDFRONT = (
    b"date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) "
    b"cs-uri-query cs(Cookie)"
)


def w3c_reader(fields: bytes = b"", *, tabs: bool = False) -> LineReader:
    """A reader of the W3C extended format, whose lines ``#Fields:`` name what follows; its times are UTC.

    ``fields`` are those of a file that names none. In fields without tabs a plus stands for a space, with tabs %20 does.
    """
    places: dict[str, int] = {}

    def learn(named: bytes) -> None:
        places.clear()
        for place, name in enumerate(named.split()):
            if (known := _W3C.get(name.decode("latin-1").lower())) is not None:
                places[known] = place

    learn(fields)

    def read(line: bytes) -> Parsed | Heading | None:
        if line.startswith(b"#"):
            if line.lower().startswith(b"#fields:"):
                learn(line[len(b"#fields:") :])
            return Heading.LINE
        cells = line.split(b"\t" if tabs else b" ")
        if not {"ip", "date", "time", "path"} <= places.keys() or max(places.values()) >= len(cells):
            return None

        def cell(name: str) -> bytes | None:
            value = cells[places[name]] if name in places else b"-"
            return None if value in (b"-", b"") else value

        def text(name: str) -> bytes | None:
            value = cell(name)
            return None if value is None else unquote_to_bytes(value) if tabs else value.replace(b"+", b" ")

        query = cell("query")
        request = (cell("method") or b"-") + b" " + (cell("path") or b"/") + (b"?" + query if query else b"")
        return Parsed(
            cell("ip") or b"-", cell("user"), (cell("date") or b"") + b" " + (cell("time") or b"") + b"+00:00",
            request + b" -", cell("status") or b"0", cell("size"), text("agent"), cell("port"), text("cookie"),
        )  # fmt: skip

    return read


_QUOTED = rb'"((?:[^"\\]|\\.)*+)"'
_ALB = re.compile(
    rb"(?:(?:https?|h2|grpcs|wss?) )?(\S+Z) \S+ (\S+) \S+ \S+ \S+ \S+ (\d+|-) \S+ \S+ (\d+|-) " + _QUOTED + rb" " + _QUOTED
    + rb"(?: .*)?", re.DOTALL,
)  # fmt: skip
_S3 = re.compile(
    rb"\S+ \S+ \[([^\]]+)\] (\S+) (\S+) \S+ \S+ \S+ (?:" + _QUOTED + rb"|-) (\d+|-) \S+ (\d+|-) \S+ \S+ \S+ "
    rb"(?:" + _QUOTED + rb'|-)(?: (?:' + _QUOTED + rb"|-))?(?: .*)?", re.DOTALL,
)  # fmt: skip
_HAPROXY = re.compile(
    rb"(?:.*? )??\[?([0-9A-Fa-f.:]+?)\]?:(\d+) \[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d\.\d+)\] \S+ \S+ [-+\d/]+ (-?\d+) \+?(\d+) "
    rb"(\S+) \S+ \S+ [-+\d/]+ [-+\d/]+ (?:\{[^}]*\} )*+" + _QUOTED + rb".*", re.DOTALL,
)  # fmt: skip


def read_alb(line: bytes) -> Parsed | None:
    """One line of an Application or Classic Load Balancer of AWS."""
    found = _ALB.fullmatch(line) if len(line) <= LONGEST_FOR_PATTERN else None
    if found is None:
        return None
    at, client, status, size, request, agent = found.groups()
    method, _, rest = request.partition(b" ")
    url, _, _ = rest.rpartition(b" ")
    asked = path_of(url.decode(errors="surrogateescape")).encode(errors="surrogateescape")
    return Parsed(
        client, None, at, method + b" " + asked + b" -", b"0" if status == b"-" else status, size, agent, None
    )


def read_s3(line: bytes) -> Parsed | None:
    """One line of a server access log of Amazon S3; the requester is the user."""
    found = _S3.fullmatch(line) if len(line) <= LONGEST_FOR_PATTERN else None
    if found is None:
        return None
    at, client, user, request, status, size, _, agent = found.groups()
    return Parsed(client, user, at, request or b"- -", status.replace(b"-", b"0"), size, agent, None)


def read_haproxy(line: bytes) -> Parsed | None:
    """One line of HAProxy's ``option httplog``, with or without what syslog put before it; the cookie it captured."""
    found = _HAPROXY.fullmatch(line) if len(line) <= LONGEST_FOR_PATTERN else None
    if found is None:
        return None
    client, port, at, status, size, cookie, request = found.groups()
    try:
        local = datetime.strptime(at.decode(), "%d/%b/%Y:%H:%M:%S.%f")  # noqa: DTZ007 - the zone is the source's
    except ValueError:
        return None
    return Parsed(
        client, None, local.isoformat(sep=" ").encode(), request, status.replace(b"-", b""), size, None, port,
        None if cookie == b"-" else cookie,
    )  # fmt: skip


def wrap_json(member: str, inner: LineReader) -> LineReader:
    """A reader of lines that stand in one member of JSON objects."""

    def read(line: bytes) -> Parsed | Heading | None:
        text = wrapped_text(line, member)
        return None if text is None else inner(text.rstrip(b"\r\n"))

    return read


def wrap_export(inner: LineReader) -> LineReader:
    """A reader of journald's export format: a field a line, of which MESSAGE holds what the server wrote."""

    def read(line: bytes) -> Parsed | Heading | None:
        if line.startswith(b"MESSAGE="):
            return inner(line[len(b"MESSAGE=") :])
        return Heading.LINE if _EXPORTED.match(line) else None

    return read


def wrap_prefix(pattern: re.Pattern[bytes], inner: LineReader) -> LineReader:
    """A reader of lines after what another program put before them."""

    def read(line: bytes) -> Parsed | Heading | None:
        found = pattern.match(line)
        return None if found is None else inner(line[found.end() :])

    return read


_EXPORTED = re.compile(rb"[A-Z0-9_]+=")
_SYSLOG = re.compile(
    rb"(?:<\d+>)?(?:\d )?(?:\w{3} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ [^\s:\[]+(?:\[\d+\])?:? "
)
_CRI = re.compile(rb"\d{4}-\d\d-\d\dT\S+ std(?:out|err) [FP] ")
_BEHIND = re.compile(rb'(.*") "(-|[0-9A-Fa-f.:, ]+)"', re.DOTALL)


def _main(*, forwarded: bool) -> LineReader:
    """A reader of nginx's own format ``main``."""

    def read(line: bytes) -> Parsed | None:
        found = _BEHIND.fullmatch(line)
        parsed = read_combined(found[1]) if found is not None else None
        if parsed is None or found is None or parsed.agent is None:
            return None
        return parsed._replace(ip=found[2]) if forwarded and found[2] != b"-" else parsed

    return read


_LINE = b'192.0.2.7 - heron [22/Nov/2026:12:17:17 +0000] "GET /v/aa1/1.png HTTP/1.1" 200 512 "-" "Browser/1"'

for _form in (
    LogForm(
        name="combined",
        about="nginx and Apache, combined",
        read=read_combined,
        origin="https://httpd.apache.org/docs/2.4/logs.html",
        sample=_LINE,
    ),
    LogForm(
        name="common",
        about="nginx and Apache, common; Traefik in its own words",
        read=read_combined,
        origin="https://httpd.apache.org/docs/2.4/logs.html",
        sample=_LINE.partition(b' "-"')[0],
    ),
    LogForm(
        name="nginx_main",
        about="nginx, main: combined with X-Forwarded-For behind; the client is who is connected",
        read=_main(forwarded=False),
        origin="https://github.com/nginx/nginx/blob/master/conf/nginx.conf",
        sample=_LINE + b' "203.0.113.9"',
    ),
    LogForm(
        name="nginx_forwarded",
        about="the same behind a proxy; the client is who X-Forwarded-For names, where it names any",
        read=_main(forwarded=True),
        origin="https://github.com/nginx/nginx/blob/master/conf/nginx.conf",
        sample=_LINE.replace(b"192.0.2.7", b"10.0.0.5") + b' "192.0.2.7"',
    ),
    LogForm(
        name="vhost_combined",
        about="Apache, combined after the virtual host",
        read=read_vhost_combined,
        origin="https://httpd.apache.org/docs/2.4/logs.html",
        sample=b"shop.example.org:443 " + _LINE,
    ),
    LogForm(
        name="iis",
        about="IIS, and whatever writes the W3C extended format",
        read=w3c_reader(),
        begin=w3c_reader,
        origin="https://learn.microsoft.com/windows/win32/http/w3c-logging",
        sample=b"#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
        b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status "
        b"sc-bytes\n"
        b"2026-11-22 12:17:17 198.51.100.1 GET /v/aa1/1.png - 443 heron 192.0.2.7 Browser/1 200 512",
    ),
    LogForm(
        name="cloudfront",
        about="Amazon CloudFront, standard log",
        read=w3c_reader(_CLOUDFRONT, tabs=True),
        begin=lambda: w3c_reader(_CLOUDFRONT, tabs=True),
        origin="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html",
        sample=b"#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status "
        b"cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie)\n"
        b"2026-11-22\t12:17:17\tCPH50\t512\t192.0.2.7\tGET\td1.example.org\t/v/aa1/1.png\t200\t-\tBrowser/1\t-\tsid=0af1",
    ),
    LogForm(
        name="aws_alb",
        about="AWS Application and Classic Load Balancer",
        read=read_alb,
        origin="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
        sample=b"https 2026-11-22T12:17:17.186641Z app/shop/50dc6c495c0c9188 192.0.2.7:2817 10.0.0.1:80 0.086 0.048 0.037 "
        b'200 200 0 512 "GET https://shop.example.org:443/v/aa1/1.png HTTP/2.0" "Browser/1" ECDHE-RSA-AES128 TLSv1.2 -',
    ),
    LogForm(
        name="aws_s3",
        about="Amazon S3, server access log; the requester is the user",
        read=read_s3,
        origin="https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html",
        sample=b"79a59df900b949e5 vault [22/Nov/2026:12:17:17 +0000] 192.0.2.7 heron 3E57427F3EXAMPLE REST.GET.OBJECT "
        b'aa1/1.png "GET /v/aa1/1.png HTTP/1.1" 200 - 512 512 7 6 "-" "Browser/1" - s9lzHYrFp76ZVxRcpX9= SigV4 - -',
    ),
    LogForm(
        name="haproxy",
        about="HAProxy, option httplog, with or without what syslog put before it",
        read=read_haproxy,
        origin="https://docs.haproxy.org/3.0/configuration.html#8.2.3",
        sample=b"Nov 22 12:17:17 lb haproxy[14389]: 192.0.2.7:33317 [22/Nov/2026:12:17:17.655] http-in static/srv1 "
        b'10/0/30/69/109 200 512 sid=0af1 - ---- 1/1/1/1/0 0/0 {shop.example.org} {} "GET /v/aa1/1.png HTTP/1.1"',
    ),
    LogForm(
        name="traefik",
        about="Traefik, JSON lines",
        read=json_reader(
            ip=("ClientHost", "ClientAddr"), time=("StartUTC", "StartLocal", "time"), path=("RequestPath",),
            user=("ClientUsername",), method=("RequestMethod",), status=("DownstreamStatus", "OriginStatus"),
            size=("DownstreamContentSize",), agent=("request_User-Agent",), port=("ClientPort",),
            cookie=("request_Cookie",),
        ),
        origin="https://doc.traefik.io/traefik/observability/access-logs/",
        sample=b'{"ClientHost":"192.0.2.7","ClientPort":"4000","ClientUsername":"heron","DownstreamContentSize":512,'
        b'"DownstreamStatus":200,"RequestMethod":"GET","RequestPath":"/v/aa1/1.png","StartUTC":"2026-11-22T12:17:17.123456789Z",'
        b'"request_User-Agent":"Browser/1","request_Cookie":"sid=0af1"}',
    ),
    LogForm(
        name="caddy",
        about="Caddy, JSON lines",
        read=json_reader(
            ip=("request/client_ip", "request/remote_ip"), time=("ts",), path=("request/uri",), user=("user_id",),
            method=("request/method",), status=("status",), size=("size",), agent=("request/headers/User-Agent",),
            port=("request/remote_port",), cookie=("request/headers/Cookie",),
        ),
        origin="https://caddyserver.com/docs/caddyfile/directives/log",
        sample=b'{"level":"info","ts":1795349837.5,"logger":"http.log.access","request":{"remote_ip":'
        b'"10.0.0.1","remote_port":"4000","client_ip":"192.0.2.7","method":"GET","uri":"/v/aa1/1.png","headers":{"User-Agent":'
        b'["Browser/1"]}},"user_id":"heron","size":512,"status":200}',
    ),
    LogForm(
        name="cloudflare",
        about="Cloudflare Logpush, JSON lines",
        read=json_reader(
            ip=("ClientIP",), time=("EdgeStartTimestamp",), path=("ClientRequestURI", "ClientRequestPath"),
            user=("ClientRequestUser",), method=("ClientRequestMethod",), status=("EdgeResponseStatus",),
            size=("EdgeResponseBytes",), agent=("ClientRequestUserAgent",), port=("ClientSrcPort",),
        ),
        origin="https://developers.cloudflare.com/logs/reference/log-fields/zone/http_requests/",
        sample=b'{"ClientIP":"192.0.2.7","ClientSrcPort":4000,"ClientRequestMethod":"GET","ClientRequestURI":"/v/aa1/1.png",'
        b'"ClientRequestUserAgent":"Browser/1","EdgeResponseBytes":512,"EdgeResponseStatus":200,'
        b'"EdgeStartTimestamp":"2026-11-22T12:17:17Z"}',
    ),
    LogForm(
        name="gcp_lb",
        about="Google Cloud external Application Load Balancer, JSON lines",
        read=json_reader(
            ip=("httpRequest/remoteIp",), time=("timestamp",), path=("httpRequest/requestUrl",),
            method=("httpRequest/requestMethod",), status=("httpRequest/status",), size=("httpRequest/responseSize",),
            agent=("httpRequest/userAgent",),
        ),
        origin="https://cloud.google.com/load-balancing/docs/https/https-logging-monitoring",
        sample=b'{"httpRequest":{"remoteIp":"192.0.2.7","requestMethod":"GET","requestUrl":"https://shop.example.org/v/aa1/1.png",'
        b'"responseSize":"512","status":200,"userAgent":"Browser/1"},"timestamp":"2026-11-22T12:17:17.383450Z"}',
    ),
    LogForm(
        name="azure",
        about="Azure Front Door and Application Gateway, JSON lines",
        read=json_reader(
            ip=("properties/clientIp", "properties/clientIP"), time=("time", "timeStamp"), path=("properties/requestUri",),
            query=("properties/requestQuery",), method=("properties/httpMethod",),
            status=("properties/httpStatusCode", "properties/httpStatus"),
            size=("properties/responseBytes", "properties/sentBytes"), agent=("properties/userAgent",),
            port=("properties/clientPort",),
        ),
        origin="https://learn.microsoft.com/azure/application-gateway/monitor-application-gateway-reference",
        sample=b'{"timeStamp":"2026-11-22T12:17:17+00:00","operationName":"ApplicationGatewayAccess","properties":{"clientIP":'
        b'"192.0.2.7","clientPort":4000,"httpMethod":"GET","requestUri":"/v/aa1/1.png","userAgent":"Browser/1","httpStatus":200,'
        b'"sentBytes":512}}',
    ),
    LogForm(
        name="docker_json",
        about="Docker's json-file; another format may stand inside: docker_json(common)",
        read=wrap_json("log", read_combined),
        wrap=lambda inner: wrap_json("log", inner),
        origin="https://docs.docker.com/engine/logging/drivers/json-file/",
        sample=b'{"log":"' + _LINE.replace(b'"', b'\\"') + b'\\n","stream":"stdout","time":"2026-11-22T12:17:18.1Z"}',
    ),
    LogForm(
        name="cri",
        about="containerd and CRI-O; another format may stand inside: cri(caddy)",
        read=wrap_prefix(_CRI, read_combined),
        wrap=lambda inner: wrap_prefix(_CRI, inner),
        origin="https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md",
        sample=b"2026-11-22T12:17:17.123456789Z stdout F " + _LINE,
    ),
    LogForm(
        name="journald_export",
        about="journalctl -o export; another format may stand inside: journald_export(haproxy)",
        read=wrap_export(read_combined),
        wrap=wrap_export,
        origin="https://systemd.io/JOURNAL_EXPORT_FORMATS/",
        sample=b"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1795349837000000\n_COMM=nginx\nMESSAGE=" + _LINE,
    ),
    LogForm(
        name="journald_json",
        about="journalctl -o json; another format may stand inside: journald_json(haproxy)",
        read=wrap_json("MESSAGE", read_combined),
        wrap=lambda inner: wrap_json("MESSAGE", inner),
        origin="https://systemd.io/JOURNAL_EXPORT_FORMATS/",
        sample=b'{"_COMM":"nginx","MESSAGE":"' + _LINE.replace(b'"', b'\\"') + b'"}',
    ),
    LogForm(
        name="syslog",
        about="a line of syslog before each; another format may stand inside: syslog(common)",
        read=wrap_prefix(_SYSLOG, read_combined),
        wrap=lambda inner: wrap_prefix(_SYSLOG, inner),
        origin="https://www.rfc-editor.org/rfc/rfc3164",
        sample=b"Nov 22 12:17:17 web nginx[812]: " + _LINE,
    ),
):  # fmt: skip
    LOG_FORMS.register(_form)
