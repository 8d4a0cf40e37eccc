"""A SAML 2.0 identity provider for tests and the demo: nobody real, a key made at start or kept.

Whoever types a name and a (synthetic) number is that person. It answers at /saml/; its description
and certificate lie at /saml/metadata/.
"""

import base64
import html
import secrets
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from defusedxml.ElementTree import fromstring
from onelogin.saml2.utils import OneLogin_Saml2_Utils

SSO, METADATA = "/saml/sso/", "/saml/metadata/"
NS = (
    'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
    ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
)
CONTEXTS = {2: "urn:demo:level:2", 3: "urn:demo:level:3"}
Reply = tuple[int, str, str, dict[str, str]]  # status, content, media type, headers


@dataclass(frozen=True, slots=True)
class Question:
    """An AuthnRequest, as far as an answer needs it."""

    id: str
    issuer: str
    acs: str


@dataclass(slots=True)
class SamlProvider:
    """One provider with one key."""

    public_url: str
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    certificate: str = ""

    def __post_init__(self) -> None:
        self.certificate = self.certificate or _self_signed(self.key)

    @classmethod
    def kept(cls, public_url: str, folder: Path) -> Self:
        """The one whose key and certificate lie in a folder; made where there are none or where the
        certificate has run out, so that the demo's two processes mean the same provider.
        """
        place = folder / "simulator-saml.pem"
        with suppress(FileNotFoundError, ValueError):
            pem = place.read_bytes()
            key = serialization.load_pem_private_key(pem, password=None)
            certificate = x509.load_pem_x509_certificate(pem)
            if certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=30):
                assert isinstance(key, rsa.RSAPrivateKey), "written below"
                text = certificate.public_bytes(serialization.Encoding.PEM).decode()
                return cls(public_url, key, text)
        made = cls(public_url)
        secret = made.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        folder.mkdir(parents=True, exist_ok=True)
        draft = place.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_bytes(secret + made.certificate.encode())
        draft.replace(place)
        return made

    @property
    def entity_id(self) -> str:
        return f"{self.public_url}{METADATA}"

    @property
    def sso_url(self) -> str:
        return f"{self.public_url}{SSO}"

    def get(self, path: str, query: dict[str, str]) -> Reply | None:
        """The answer to a GET; None for an address that is not there."""
        if path == METADATA:
            return 200, self.metadata(), "application/samlmetadata+xml", {}
        if path == SSO and "SAMLRequest" in query:
            hidden = "".join(
                f'<input type="hidden" name="{name}" value="{html.escape(query.get(name, ""))}">'
                for name in ("SAMLRequest", "RelayState")
            )
            return (
                200,
                f"<h1>统一身份认证（模拟 SAML）</h1><form method='post'>{hidden}"
                '<label>姓名<br><input name="name" required></label>'
                '<label>公民身份号码（合成）<br><input name="number" required></label>'
                '<p><button id="agree">登录</button></p></form>',
                "text/html",
                {},
            )
        return None

    def post(self, path: str, typed: dict[str, str]) -> Reply | None:
        """A signed answer in a form that sends itself, or by its button."""
        if path != SSO or "SAMLRequest" not in typed:
            return None
        question = read_question(typed["SAMLRequest"])
        number = typed.get("number", "").strip()
        answer = self.answer(
            question,
            subject=f"saml-{number}",
            attributes={
                "name": typed.get("name", "").strip(),
                "document_type": "resident_id",
                "document_number": number,
            },
        )
        hidden = (
            f'<input type="hidden" name="SAMLResponse" value="{answer}">'
            '<input type="hidden" name="RelayState"'
            f' value="{html.escape(typed.get("RelayState", ""))}">'
        )
        page = (
            f'<form method="post" action="{html.escape(question.acs)}" id="back">{hidden}'
            "<p><button>返回</button></p></form>"
            "<script>document.getElementById('back').submit()</script>"
        )
        return 200, page, "text/html", {}

    def metadata(self) -> str:
        plain = "".join(self.certificate.splitlines()[1:-1])
        return (
            f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
            f' entityID="{self.entity_id}"><md:IDPSSODescriptor'
            ' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            '<md:KeyDescriptor use="signing"><ds:KeyInfo'
            ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>'
            f"{plain}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            "<md:SingleSignOnService"
            ' Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
            f' Location="{self.sso_url}"/></md:IDPSSODescriptor></md:EntityDescriptor>'
        )

    def answer(self, question: Question, **changes: Any) -> str:
        """A Response with one signed assertion, in base64; `changes` make it wrong on purpose."""
        assertion = self.sign(self.assertion(question, **changes))
        return encode(self.envelope(question, assertion, **changes))

    def envelope(self, question: Question, assertion: str, **changes: Any) -> str:
        values = {
            "destination": question.acs,
            "in_response_to": question.id,
            "issuer": self.entity_id,
            **changes,
        }
        return (
            f'<samlp:Response {NS} ID="_{secrets.token_hex(16)}" Version="2.0"'
            f' IssueInstant="{_instant(0)}" Destination="{values["destination"]}"'
            f' InResponseTo="{values["in_response_to"]}"><saml:Issuer>{values["issuer"]}'
            "</saml:Issuer><samlp:Status><samlp:StatusCode"
            ' Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
            f"{assertion}</samlp:Response>"
        )

    def assertion(self, question: Question, **changes: Any) -> str:
        """The statement itself, unsigned."""
        values: dict[str, Any] = {
            "id": f"_{secrets.token_hex(16)}",
            "subject": "saml-1",
            "attributes": {},
            "issuer": self.entity_id,
            "audience": question.issuer,
            "recipient": question.acs,
            "confirms": question.id,
            "context": CONTEXTS[2],
            "until_s": 300,
            "from_s": -5,
            **changes,
        }
        attributes = "".join(
            f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}</saml:AttributeValue>'
            "</saml:Attribute>"
            for name, value in values["attributes"].items()
        )
        audience = (
            f"<saml:AudienceRestriction><saml:Audience>{values['audience']}</saml:Audience>"
            "</saml:AudienceRestriction>"
            if values["audience"]
            else ""
        )
        until = _instant(values["until_s"])
        return (
            f'<saml:Assertion {NS} ID="{values["id"]}" Version="2.0" IssueInstant="{_instant(0)}">'
            f"<saml:Issuer>{values['issuer']}</saml:Issuer><saml:Subject><saml:NameID"
            ' Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">'
            f"{values['subject']}</saml:NameID><saml:SubjectConfirmation"
            ' Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData'
            f' NotOnOrAfter="{until}" Recipient="{values["recipient"]}"'
            f' InResponseTo="{values["confirms"]}"/></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{_instant(values["from_s"])}" NotOnOrAfter="{until}">'
            f"{audience}</saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{_instant(0)}"><saml:AuthnContext>'
            f"<saml:AuthnContextClassRef>{values['context']}</saml:AuthnContextClassRef>"
            "</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>"
            f"{attributes}</saml:AttributeStatement></saml:Assertion>"
        )

    def sign(self, xml: str, **options: str) -> str:
        """The element with its signature after the issuer."""
        secret = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        signed = OneLogin_Saml2_Utils.add_sign(xml, secret, self.certificate, **options)
        text: str = signed.decode() if isinstance(signed, bytes) else signed
        return text


def encode(xml: str) -> str:
    return base64.b64encode(xml.encode()).decode()


def read_question(packed: str) -> Question:
    """An AuthnRequest of the redirect binding: deflated, in base64."""
    raw = zlib.decompressobj(-15).decompress(base64.b64decode(unquote(packed)), 100_000)
    root = fromstring(raw)
    issuer = root.find("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer")
    return Question(
        id=root.attrib["ID"],
        issuer=(issuer.text or "") if issuer is not None else "",
        acs=root.attrib["AssertionConsumerServiceURL"],
    )


def _instant(seconds: int) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def _self_signed(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "demo identity provider (test)")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()
