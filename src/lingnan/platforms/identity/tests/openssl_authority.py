"""An authority for SM2 certificates, run with the real `openssl` program in a folder."""

import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lingnan.kernel import clock

ID = "distid:1234567812345678"
CONFIG = """
[ca]
default_ca = own
[own]
dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
crlnumber = {folder}/crlnumber
new_certs_dir = {folder}
default_md = sm3
policy = any
unique_subject = no
copy_extensions = none
default_crl_days = 7
utf8 = yes
[any]
countryName = optional
commonName = supplied
serialNumber = optional
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[holder]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation
[coded]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation
1.2.156.10260.4.1.1 = ASN1:PRINTABLESTRING:{number}
"""


def openssl(*arguments: object) -> bytes:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def need_openssl() -> None:
    if shutil.which("openssl") is None:
        pytest.skip("the openssl program is not installed")
    if b"SM2" not in openssl("list", "-public-key-algorithms"):
        pytest.skip("the openssl program on this machine has no SM2")


@dataclass(frozen=True)
class Holder:
    """A key file and the certificate for it."""

    key: Path
    certificate: Path

    def sign(self, challenge: str, *, distid: str = ID) -> bytes:
        """As the page says it: SM2 over SM3 with the standard user identity."""
        text, out = self.key.with_suffix(".txt"), self.key.with_suffix(".sig")
        text.write_bytes(challenge.encode())
        openssl(
            "pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-pkeyopt", distid,
            "-inkey", self.key, "-in", text, "-out", out,
        )  # fmt: skip
        return out.read_bytes()


@dataclass
class OpensslAuthority:
    """Its own folder, and the folder of what the installation trusts."""

    folder: Path
    trust: Path
    name: str = "演示认证机构（测试）"
    holders: list[Holder] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.trust.mkdir(parents=True, exist_ok=True)
        (self.folder / "index.txt").touch()
        for name in ("serial", "crlnumber"):
            (self.folder / name).write_text("1000\n")
        self.configure("")
        openssl("genpkey", "-algorithm", "SM2", "-out", self.folder / "ca.key")
        openssl(
            "req", "-x509", "-new", "-key", self.folder / "ca.key", "-sm3", "-sigopt", ID,
            "-days", 30, "-subj", f"/C=CN/CN={self.name}", "-utf8", "-extensions",
            "authority", "-config", self.config, "-out", self.folder / "ca.crt",
        )  # fmt: skip
        shutil.copy(self.folder / "ca.crt", self.trust / f"{self.folder.name}.crt")
        self.publish()

    @property
    def config(self) -> Path:
        return self.folder / "openssl.cnf"

    def configure(self, number: str) -> None:
        self.config.write_text(CONFIG.format(folder=self.folder, number=number or "none"))

    def issue(
        self,
        name: str,
        number: str = "",
        *,
        coded: str = "",
        starts: datetime | None = None,
        ends: datetime | None = None,
    ) -> Holder:
        """A certificate for a new key. `number` stands in the subject, `coded` in the national
        extension."""
        made = len(self.holders)
        key = self.folder / f"h{made}.key"
        request, certificate = key.with_suffix(".csr"), key.with_suffix(".crt")
        subject = f"/C=CN/CN={name}" + (f"/serialNumber={number}" if number else "")
        self.configure(coded)
        openssl("genpkey", "-algorithm", "SM2", "-out", key)
        openssl(
            "req", "-new", "-key", key, "-sm3", "-sigopt", ID, "-subj", subject, "-utf8",
            "-config", self.config, "-out", request,
        )  # fmt: skip
        now = clock.now()
        start, end = starts or now - timedelta(days=1), ends or now + timedelta(days=20)
        openssl(
            "ca", "-batch", "-notext", "-config", self.config, "-keyfile", self.folder / "ca.key",
            "-cert", self.folder / "ca.crt", "-md", "sm3", "-sigopt", ID, "-vfyopt", ID,
            "-startdate", f"{start:%y%m%d%H%M%SZ}", "-enddate", f"{end:%y%m%d%H%M%SZ}",
            "-extensions", "coded" if coded else "holder", "-in", request, "-out", certificate,
        )  # fmt: skip
        holder = Holder(key, certificate)
        self.holders.append(holder)
        return holder

    def revoke(self, holder: Holder) -> None:
        openssl(
            "ca", "-config", self.config, "-keyfile", self.folder / "ca.key", "-cert",
            self.folder / "ca.crt", "-revoke", holder.certificate,
        )  # fmt: skip
        self.publish()

    def publish(self) -> None:
        """A fresh revocation list into the folder of trust."""
        openssl(
            "ca", "-gencrl", "-config", self.config, "-keyfile", self.folder / "ca.key", "-cert",
            self.folder / "ca.crt", "-md", "sm3", "-sigopt", ID,
            "-out", self.trust / f"{self.folder.name}.crl",
        )  # fmt: skip
