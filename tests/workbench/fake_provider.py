"""An identity provider for tests: real HTTP on loopback, real codes, PKCE, and ID tokens signed with a real key."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "fairlead", "a made-up secret"


@dataclass(kw_only=True)
class FakeProvider:
    """Signs in whoever is named next, with the claims that are set."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))
    signing_key: Any = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def token(self) -> str:
        """An ID token; signed with another key than the published one when ``signing_key`` is set."""
        now = int(time.time())
        body = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "jti": secrets.token_hex(8)}
        return jwt.encode(
            body | self.claims, self.signing_key or self.key, algorithm="RS256", headers={"kid": "1"}
        )

    def published(self) -> dict[str, Any]:
        """The provider's public keys."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**key, "kid": "1", "alg": "RS256", "use": "sig"}]}


def _handler(provider: FakeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            provider.asked.append(place.path)
            if place.path == "/.well-known/openid-configuration":
                here = provider.issuer
                self._say({"issuer": here, "authorization_endpoint": here + "/authorize", "token_endpoint": here + "/token",
                           "jwks_uri": here + "/keys", "token_endpoint_auth_methods_supported": ["client_secret_post"]})  # fmt: skip
            elif place.path == "/keys":
                self._say(provider.published())
            elif place.path == "/authorize":
                asked = {k: v[0] for k, v in parse_qs(place.query).items()}
                assert asked["client_id"] == CLIENT
                assert asked["code_challenge_method"] == "S256"
                code = secrets.token_hex(8)
                provider.codes[code] = asked
                self.send_response(302)
                self.send_header(
                    "Location",
                    asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]}),
                )
                self.end_headers()
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {k: v[0] for k, v in parse_qs(body).items()}
            asked = provider.codes.pop(given.get("code", ""), None)
            proof = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
            fits = asked and asked["code_challenge"] == base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
            if not fits or given.get("client_secret") != SECRET:
                self.send_error(400)
                return
            self._say({"access_token": "unused", "token_type": "Bearer", "id_token": provider.token()})

        def _say(self, value: dict[str, Any]) -> None:
            data = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    return Handler


@contextmanager
def running() -> Iterator[FakeProvider]:
    """A provider that answers on a free port of loopback until the end of the block."""
    provider = FakeProvider()
    server = ThreadingHTTPServer(("localhost", 0), _handler(provider))
    provider.issuer = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
