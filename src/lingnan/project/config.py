"""The configuration, read once from the environment and typed. docs/reference/settings.md lists it.

Every field `x` is the variable LINGNAN_X; the database alone is DATABASE_URL. Defaults are for one
machine; `LINGNAN_MODE=production` refuses to start on an insecure value.
"""

import base64
import binascii
import ipaddress
import os
import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

BASE_DIR = Path(__file__).resolve().parents[3]
DEMO_PORT = 8000
DEMO_IDENTITY_SECRET = "demo-identity-secret"  # noqa: S105  (public; production refuses it)
DEMO_BANK_SECRET = "demo-bank-secret"  # noqa: S105  (public on purpose; production refuses it)

INNERMOST = tuple(
    ipaddress.ip_network(text)
    for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/8", "fe80::/9",
                 "ff00::/8")
)  # fmt: skip
"""This machine, its link (where clouds keep their secrets) and multicast: nobody is told there."""


class InsecureSetting(Exception):
    """Production does not start on this configuration; the message says what to set."""


class Config(BaseModel):
    """All settings of the product."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["demo", "test", "production"] = Field(
        "demo", description="demo: one machine, test data and simulators, marked on every page"
    )
    database_url: str = Field(
        "", description="PostgreSQL 15 or newer; empty: the embedded one. Variable DATABASE_URL"
    )
    database_pool: int = Field(
        0, ge=0, le=200, description="Connections kept per process; 0: one per thread and request"
    )
    database_prepare: int = Field(
        3,
        ge=0,
        le=1000,
        description="A statement asked this often by one connection is prepared on the server;"
        " 0: never, for a pooler between that gives each transaction another connection",
    )
    var: Path = Field(BASE_DIR / "var", description="Folder for all that the product writes")
    secret_key: str = Field("", description="Signs cookies and links; 50 random characters")
    master_key: str = Field(
        "", description="Base64 of 16 bytes: the SM4 key that wraps all other keys"
    )
    allowed_hosts: str = Field("*", description="Host names the site answers to, comma-separated")
    public_url: str = Field(
        f"http://127.0.0.1:{DEMO_PORT}",
        description="Address of the site as people reach it; in demo mode localhost",
    )
    show_code_seconds: int = Field(
        60, ge=15, le=600, description="How long a code that shows a licence is good"
    )
    officer_names: Literal["hidden", "shown"] = Field(
        "hidden",
        description="Whether people who ask who read their data see the officer's name besides the"
        " agency and post",
    )
    host: str = Field("127.0.0.1", description="Address the web server listens on")
    port: int = Field(DEMO_PORT, ge=1, le=65535, description="Port the web server listens on")
    workers: int = Field(0, ge=0, le=256, description="Web processes; 0: one per core")
    threads: int = Field(4, ge=1, le=64, description="Threads per web process")
    trusted_proxies: int = Field(
        0, ge=0, le=10, description="Reverse proxies in front, whose X-Forwarded-* are believed"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "WARNING", description="Least severity that is written to the log"
    )
    storage: Literal["folder", "s3"] = Field("folder", description="Where documents are kept")
    s3_bucket: str = Field("", description="Bucket, with storage s3")
    s3_endpoint: str = Field("", description="Address of an S3-compatible store; empty: AWS")
    s3_region: str = Field("", description="Region of the bucket")
    s3_access_key: str = Field("", description="Access key; empty: the SDK's own chain")
    s3_secret_key: str = Field("", description="Secret key")
    upload_max_bytes: int = Field(20_000_000, ge=1, description="Largest uploaded file")
    bank_url: str = Field("http://127.0.0.1:8091", description="Base address of the bank gateway")
    bank_secret: str = Field(
        DEMO_BANK_SECRET, description="Shared secret that signs messages with the bank gateway"
    )
    channels: str = Field(
        "",
        description="Folder of the payment channels' keys (docs/reference/channels.md);"
        " empty: channels below the folder var",
    )
    identity_url: str = Field(
        "", description="Base address of the identity gateway; empty: its proofs are not offered"
    )
    identity_secret: str = Field(
        DEMO_IDENTITY_SECRET, description="Shared secret that signs messages with that gateway"
    )
    identity_proofs: str = Field(
        "population bank_card face legal_representative e_licence",
        description="Proofs the identity gateway answers for, separated by spaces",
    )
    linked_accounts: str = Field(
        "",
        description="Folder of wechat.json and alipay.json, the registrations for signing in with"
        " their accounts (docs/reference/linked-accounts.md); empty: linked-accounts below var",
    )
    certificate_trust: str = Field(
        "",
        description="Folder of certificates of authorities (*.crt) and their revocation lists"
        " (*.crl) whose SM2 certificates prove who one is; empty: trust below the folder var",
    )
    signing_devices: str = Field(
        "",
        description="Folder of one file (*.json) for each signing device that keeps keys of seals"
        " (docs/howto/connect-a-signing-device.md); empty: signing-devices below the folder var",
    )
    result_targets: Literal["public", "any"] = Field(
        "public",
        description="Where results of bills may be sent: public https addresses, or any (for"
        " tests on one machine; production refuses it)",
    )
    result_networks: str = Field(
        "",
        description="Networks besides the open internet to which results of bills may be sent, such"
        " as those of the government extranet: in CIDR, separated by spaces",
    )
    result_timeout_seconds: int = Field(
        10, ge=1, le=60, description="How long a connected system may take to answer a result"
    )
    result_retry_minutes: str = Field(
        "1 5 15 60 240 720",
        pattern=r"^[0-9]{1,5}( [0-9]{1,5}){0,19}$",
        description="Pauses before a result is sent again; after the last it is given up",
    )
    result_key_overlap_days: int = Field(
        7, ge=0, le=90, description="How long a key of results signs beside its successor"
    )
    result_log_days: int = Field(
        180, ge=1, le=3650, description="How long results that were sent or given up are kept"
    )
    smtp_url: str = Field(
        "", description="smtp://user:password@host:587 for e-mail; empty: the outbox folder"
    )
    mail_from: str = Field("noreply@lingnan.invalid", description="Sender of e-mail")
    sms_url: str = Field("", description="Address of an HTTP SMS gateway; empty: the outbox folder")
    sms_token: str = Field("", description="Bearer token for the SMS gateway")
    promised_yellow_percent: int = Field(
        20, ge=0, le=100, description="A clock turns yellow when this share of its time is left"
    )

    @property
    def demo(self) -> bool:
        return self.mode == "demo"

    @property
    def production(self) -> bool:
        return self.mode == "production"

    @property
    def var_dir(self) -> Path:
        return self.var

    @property
    def files_dir(self) -> Path:
        return self.var / "files"

    @property
    def channels_dir(self) -> Path:
        return Path(self.channels) if self.channels else self.var / "channels"

    @property
    def linked_accounts_dir(self) -> Path:
        return Path(self.linked_accounts) if self.linked_accounts else self.var / "linked-accounts"

    @property
    def trust_dir(self) -> Path:
        return Path(self.certificate_trust) if self.certificate_trust else self.var / "trust"

    @property
    def signing_devices_dir(self) -> Path:
        return Path(self.signing_devices) if self.signing_devices else self.var / "signing-devices"

    @property
    def master_key_bytes(self) -> bytes:
        return base64.b64decode(self.master_key)

    @field_validator("result_networks")
    @classmethod
    def _check_networks(cls, value: str) -> str:
        for text in value.split():
            network = ipaddress.ip_network(text)  # raises ValueError
            if any(
                network.version == inner.version and network.overlaps(inner) for inner in INNERMOST
            ):
                raise ValueError(f"{text} holds addresses of this machine or of its link")
        return value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.production:
            self._check_production()
        return self

    def _check_production(self) -> None:
        if len(self.secret_key) < 40:
            raise InsecureSetting("set LINGNAN_SECRET_KEY to at least 40 random characters")
        if not self.database_url:
            raise InsecureSetting("set DATABASE_URL to a PostgreSQL 15 or newer")
        if "*" in self.allowed_hosts.split(","):
            raise InsecureSetting("set LINGNAN_ALLOWED_HOSTS to the names of the site")
        if not self.public_url.startswith("https://"):
            raise InsecureSetting("set LINGNAN_PUBLIC_URL to the https:// address of the site")
        if self.bank_secret == DEMO_BANK_SECRET:
            raise InsecureSetting("set LINGNAN_BANK_SECRET to the secret agreed with the bank")
        if self.identity_url and self.identity_secret == DEMO_IDENTITY_SECRET:
            raise InsecureSetting(
                "set LINGNAN_IDENTITY_SECRET to the secret agreed with the gateway"
            )
        if self.result_targets != "public":
            raise InsecureSetting("set LINGNAN_RESULT_TARGETS to public")
        try:
            length = len(base64.b64decode(self.master_key, validate=True))
        except binascii.Error:
            length = 0
        if length != 16:
            raise InsecureSetting("set LINGNAN_MASTER_KEY to base64 of 16 random bytes")


def read(environment: Mapping[str, str]) -> Config:
    """The configuration an environment describes.

    Raises: InsecureSetting, pydantic.ValidationError.
    """
    values: dict[str, str] = {}
    for name in Config.model_fields:
        variable = "DATABASE_URL" if name == "database_url" else f"LINGNAN_{name.upper()}"
        if environment.get(variable):
            values[name] = environment[variable]
    if values.get("mode", "demo") != "production":
        var = Path(values.get("var", str(BASE_DIR / "var")))
        values.setdefault("secret_key", _kept_secret(var / "secret-key", 50))
        values.setdefault("master_key", _kept_secret(var / "master-key", 16))
    if values.get("mode", "demo") == "demo":
        # A name, not an address: browsers keep passkeys for names only.
        values.setdefault("public_url", f"http://localhost:{values.get('port', DEMO_PORT)}")
        values.setdefault("identity_url", _beside(values.get("bank_url", "http://127.0.0.1:8091")))
    return Config.model_validate(values)


@lru_cache(maxsize=1)
def load() -> Config:
    """The configuration of this process, read once."""
    try:
        return read(os.environ)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        raise SystemExit(f"lingnan: setting LINGNAN_{name.upper()}: {first['msg']}") from error
    except InsecureSetting as error:
        raise SystemExit(f"lingnan: {error}") from error


def _beside(bank_url: str) -> str:
    """Where the identity simulator listens unless told otherwise: the port after the bank's."""
    parts = urlsplit(bank_url)
    return f"{parts.scheme}://{parts.hostname}:{(parts.port or 8091) + 1}"


def _kept_secret(path: Path, size: int) -> str:
    """A random secret of this machine, made once; never used in production mode."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = (
        base64.b64encode(secrets.token_bytes(size)).decode()
        if size == 16
        else secrets.token_urlsafe(size)
    )
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(secret)
    try:
        os.link(fresh, path)
    except FileExistsError:
        secret = path.read_text().strip()
    finally:
        fresh.unlink()
    return secret


def database_settings(
    url: str, pool: int, *, keep_s: int = 0, prepare: int = 0
) -> dict[str, object]:
    """Django's form of a PostgreSQL URL (postgresql://user:password@host:port/name?host=/socket).

    `keep_s`: seconds a thread keeps its connection; making one costs more than most requests.
    `prepare`: after how many repetitions a statement is prepared on the server, 0 for never;
    planning the product's statements costs the server more than running them.

    Raises: SystemExit with one sentence when the URL is not of that form.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise SystemExit(
            "lingnan: DATABASE_URL must look like postgresql://user:password@host:5432/name"
        )
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    options: dict[str, object] = {
        key: value for key, value in query.items() if key not in {"host", "port"}
    }
    options["server_side_binding"] = True
    options["prepare_threshold"] = prepare or None
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 20}
    name = unquote(parts.path.lstrip("/"))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": query.get("port") or parts.port or "",
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pool else keep_s,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": f"test_{name}"},
    }
