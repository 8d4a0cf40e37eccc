"""SAML 2.0 at the side of who relies on it: our description, a question, an answer judged.

The library checks the signature and the rules of the protocol; what it leaves open is closed here:
an answer has to name our question, this address and us, inside the part that is signed, and the
document holds one assertion, no comment and no declaration, so that nothing can be read that was
not signed. Source: SAML 2.0 Core 2.3-2.7, 3.4; Bindings 3.4, 3.5; Profiles 4.1; Errata 05.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from lingnan.kernel.lazy import lazy_module

from ...models import UpstreamProvider
from ..errors import UpstreamRefused
from .provider import address

if TYPE_CHECKING:
    import xmlsec
    from onelogin.saml2 import authn_request, constants, errors, metadata, response, settings, utils
else:
    xmlsec = lazy_module("xmlsec")
    authn_request = lazy_module("onelogin.saml2.authn_request")
    constants = lazy_module("onelogin.saml2.constants")
    errors = lazy_module("onelogin.saml2.errors")
    metadata = lazy_module("onelogin.saml2.metadata")
    response = lazy_module("onelogin.saml2.response")
    settings = lazy_module("onelogin.saml2.settings")
    utils = lazy_module("onelogin.saml2.utils")

RESPONSE_MAX = 200_000  # characters of base64; answers with a few attributes have some ten thousand
RSA_BITS_MIN = 2048
NS = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
ASSERTION = f"{{{NS['saml']}}}Assertion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asserted:
    """What a provider said of someone, signed, for us, now, in answer to our question."""

    subject: str
    context: str
    attributes: dict[str, str]
    assertion_id: str
    expires_at: datetime


def acs_address(code: str) -> str:
    """Where a provider's answers are posted."""
    return address(f"/account/sign-in/with/{code}/acs/")


def entity_id(code: str) -> str:
    """What we are called towards a provider: the address of our description."""
    return address(f"/account/sign-in/with/{code}/metadata/")


def our_metadata(provider: UpstreamProvider) -> str:
    """Our description, to be registered with the provider."""
    held = _settings(provider)
    made: str = metadata.OneLogin_Saml2_Metadata.builder(
        held.get_sp_data(), authnsign=False, wsign=True, valid_until=None, cache_duration="P1D"
    )
    return made


def ask(provider: UpstreamProvider, relay_state: str) -> tuple[str, str]:
    """Where to send the browser with a question, and the question's id. HTTP-Redirect binding."""
    held = _settings(provider)
    request = authn_request.OneLogin_Saml2_Authn_Request(held)
    question = {"SAMLRequest": request.get_request(), "RelayState": relay_state}
    url: str = utils.OneLogin_Saml2_Utils.redirect(
        held.get_idp_sso_url(), question, {"http_host": urlsplit(address("")).netloc}
    )
    return url, str(request.get_id())


def read(provider: UpstreamProvider, text: str, *, request_id: str, at: datetime) -> Asserted:
    """Judge an answer to the question `request_id`. Raises: UpstreamRefused (403)."""
    document = _plain_document(text)
    assertion = _only_assertion(document)
    held = _settings(provider)
    acs = urlsplit(acs_address(provider.code))
    asked: dict[str, Any] = {
        "https": "on" if acs.scheme == "https" else "off",
        "http_host": acs.netloc,
        "script_name": acs.path,
        "get_data": {},
        "post_data": {},
    }
    try:
        found = response.OneLogin_Saml2_Response(held, text)
        found.is_valid(asked, request_id=request_id, raise_exceptions=True)
        subject, contexts = found.get_nameid(), found.get_authn_contexts()
        named = found.get_friendlyname_attributes() | found.get_attributes()  # Core 2.7.3.1
        audiences = found.get_audiences()
    except errors.OneLogin_Saml2_ValidationError as wrong:
        raise UpstreamRefused(reason=f"saml-{wrong.code}") from wrong
    except (errors.OneLogin_Saml2_Error, xmlsec.Error, etree.LxmlError, ValueError) as wrong:
        raise UpstreamRefused(reason="saml") from wrong
    if entity_id(provider.code) not in audiences:
        raise UpstreamRefused(reason="saml-audience")
    destination = document.get("Destination")
    if destination is not None and destination != acs_address(provider.code):
        raise UpstreamRefused(reason="saml-destination")
    expires_at = _confirmed(assertion, acs_address(provider.code), request_id, at)
    if not subject or len(contexts) != 1:
        raise UpstreamRefused(reason="saml-subject")
    return Asserted(
        subject=str(subject)[:255],
        context=str(contexts[0]),
        attributes={
            str(name): str(values[0]).strip() for name, values in named.items() if len(values) == 1
        },
        assertion_id=str(assertion.get("ID")),
        expires_at=expires_at,
    )


def _plain_document(text: str) -> "etree._Element":
    """The document, read without entities, network or declarations; comments are refused."""
    if not text or len(text) > RESPONSE_MAX:
        raise UpstreamRefused(reason="saml-size")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        raw = base64.b64decode(text, validate=False)
        root = etree.fromstring(raw, parser)
    except (binascii.Error, ValueError, etree.LxmlError) as wrong:
        raise UpstreamRefused(reason="saml-form") from wrong
    if b"<!DOCTYPE" in raw.upper() or b"\x00" in raw:  # declared, or hidden in UTF-16
        raise UpstreamRefused(reason="saml-form")
    if any(not isinstance(node.tag, str) for node in root.iter()):
        raise UpstreamRefused(reason="saml-form")
    return root


def _only_assertion(root: "etree._Element") -> "etree._Element":
    """The one assertion there is, where it belongs, signed in its own name.

    Wrapping needs a second one, or a signature over something that is not read.
    """
    assertions = list(root.iter(ASSERTION))
    ids = [node.get("ID") for node in root.iter() if node.get("ID") is not None]
    is_response = root.tag == f"{{{NS['samlp']}}}Response"
    if not is_response or len(assertions) != 1 or len(set(ids)) != len(ids):
        raise UpstreamRefused(reason="saml-assertions")
    assertion = assertions[0]
    references = assertion.findall("ds:Signature/ds:SignedInfo/ds:Reference", NS)
    own = [f"#{assertion.get('ID')}"]
    if assertion.getparent() is not root or [node.get("URI") for node in references] != own:
        raise UpstreamRefused(reason="saml-signature")
    return assertion


def _confirmed(assertion: "etree._Element", acs: str, request_id: str, at: datetime) -> datetime:
    """Until when the bearer of the assertion is its subject: here, in answer to our question."""
    path = "saml:Subject/saml:SubjectConfirmation"
    for confirmation in assertion.findall(path, NS):
        data = confirmation.find("saml:SubjectConfirmationData", NS)
        until = data.get("NotOnOrAfter") if data is not None else None
        if (
            data is None
            or until is None
            or confirmation.get("Method") != constants.OneLogin_Saml2_Constants.CM_BEARER
            or data.get("Recipient") != acs
            or data.get("InResponseTo") != request_id
        ):
            continue
        ends = datetime.fromtimestamp(utils.OneLogin_Saml2_Utils.parse_SAML_to_time(until), tz=UTC)
        if ends > at:
            return ends
    raise UpstreamRefused(reason="saml-confirmation")


def read_certificates(text: str) -> list[x509.Certificate]:
    """The certificates of a PEM text. Raises: ValueError: none, or a key too weak."""
    found = x509.load_pem_x509_certificates(text.encode())
    for certificate in found:
        try:
            key = certificate.public_key()
        except UnsupportedAlgorithm as unknown:  # SM2 is no curve of XML signatures here
            raise ValueError("unknown key") from unknown
        strong = isinstance(key, ec.EllipticCurvePublicKey) or (
            isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_BITS_MIN
        )
        if not strong:
            raise ValueError("weak key")
    return found


def _settings(provider: UpstreamProvider) -> Any:
    certificates = [
        certificate.public_bytes(Encoding.PEM).decode()
        for certificate in read_certificates(provider.certificates)
    ]
    constant = constants.OneLogin_Saml2_Constants
    return settings.OneLogin_Saml2_Settings(
        {
            "strict": True,
            "debug": False,
            "sp": {
                "entityId": entity_id(provider.code),
                "assertionConsumerService": {
                    "url": acs_address(provider.code),
                    "binding": constant.BINDING_HTTP_POST,
                },
                "NameIDFormat": constant.NAMEID_PERSISTENT,
            },
            "idp": {
                "entityId": provider.issuer,
                "singleSignOnService": {
                    "url": provider.sso_url,
                    "binding": constant.BINDING_HTTP_REDIRECT,
                },
                "x509certMulti": {"signing": certificates},
            },
            "security": {
                "wantAssertionsSigned": True,
                "wantNameId": True,
                "wantAttributeStatement": True,
                "requestedAuthnContext": False,
                "rejectDeprecatedAlgorithm": True,
                "allowRepeatAttributeName": False,
            },
        }
    )
