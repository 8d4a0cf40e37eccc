"""The standards' own examples: GB/T 32905 (SM3), GB/T 32907 (SM4), GM/T 0003.5 (SM2)."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from lingnan.kernel.testing import shared_data

from .. import x509
from ..adapters.base import InvalidTag
from ..adapters.registry import provider
from . import vectors


def _records(path: Path, keys: set[str]) -> Iterator[dict[str, str]]:
    record: dict[str, str] = {}
    for line in path.read_text().splitlines():
        match = re.match(r"^(\w+) ?= ?(.*)$", line)
        if not match:
            continue
        record[match[1].upper()] = match[2].strip()
        if keys <= record.keys():
            yield record
            record = {}


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_examples(message: bytes, digest: str) -> None:
    assert provider().sm3(message).hex() == digest


def test_sm3_vector_file() -> None:
    count = 0
    for record in _records(shared_data("conformance/gm_crypto/oscca.txt"), {"LEN", "MSG", "MD"}):
        message = bytes.fromhex(record["MSG"])[: int(record["LEN"]) // 8]
        assert provider().sm3(message).hex() == record["MD"]
        count += 1
    assert count >= 6


def test_sm4_one_block_and_a_million() -> None:
    key = block = bytes.fromhex("0123456789abcdeffedcba9876543210")
    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    block = encryptor.update(block)
    assert block.hex() == "681edf34d206965e86b3e94f536e4246"
    for _ in range(999_999):
        block = encryptor.update(block)
    assert block.hex() == "595298c7c6fd271f0402f804c33d3f66"


def test_sm4_gcm_vector_file() -> None:
    wanted = {"KEY", "IV", "AAD", "TAG", "PLAINTEXT", "CIPHERTEXT"}
    count = 0
    for record in _records(shared_data("conformance/gm_crypto/rfc8998.txt"), wanted):
        parts = {name: bytes.fromhex(record[name]) for name in wanted}
        sealed = provider().sm4_gcm_encrypt(
            parts["KEY"], parts["IV"], parts["PLAINTEXT"], parts["AAD"]
        )
        assert sealed == parts["CIPHERTEXT"] + parts["TAG"]
        opened = provider().sm4_gcm_decrypt(parts["KEY"], parts["IV"], sealed, parts["AAD"])
        assert opened == parts["PLAINTEXT"]
        with pytest.raises(InvalidTag):
            provider().sm4_gcm_decrypt(parts["KEY"], parts["IV"], sealed, b"other")
        count += 1
    assert count >= 1


def test_sm4_cbc_vector_file() -> None:
    path = shared_data("conformance/gm_crypto/draft-ribose-cfrg-sm4-10-cbc.txt")
    count = 0
    for record in _records(path, {"KEY", "IV", "PLAINTEXT", "CIPHERTEXT"}):
        key, iv = bytes.fromhex(record["KEY"]), bytes.fromhex(record["IV"])
        plain = bytes.fromhex(record["PLAINTEXT"])
        sealed = provider().sm4_cbc_encrypt(key, iv, plain)
        # The published blocks have no padding; ours adds one block after them.
        assert sealed[: len(plain)].hex() == record["CIPHERTEXT"]
        assert provider().sm4_cbc_decrypt(key, iv, sealed) == plain
        count += 1
    assert count >= 2


def test_sm2_example_signature_is_accepted_and_its_neighbours_are_not() -> None:
    point = provider().sm2_public(vectors.PRIVATE)
    signature = x509.der_signature(bytes.fromhex(vectors.R + vectors.S))
    assert provider().sm2_verify(point, vectors.MESSAGE, signature)
    assert not provider().sm2_verify(point, vectors.MESSAGE + b".", signature)
    changed = x509.der_signature(bytes.fromhex(vectors.S + vectors.R))
    assert not provider().sm2_verify(point, vectors.MESSAGE, changed)
    assert not provider().sm2_verify(point, vectors.MESSAGE, b"")
    assert not provider().sm2_verify(b"\x04" + b"\x01" * 64, vectors.MESSAGE, signature)
    assert x509.raw_signature(signature).hex() == vectors.R + vectors.S


def test_sm2_example_digest_uses_the_default_id_in_bits() -> None:
    point = provider().sm2_public(vectors.PRIVATE)
    curve = bytes.fromhex(vectors.A + vectors.B + vectors.GX + vectors.GY)
    z_a = provider().sm3(b"\x00\x80" + b"1234567812345678" + curve + point[1:])
    assert z_a.hex() == vectors.Z_A
    assert provider().sm3(z_a + vectors.MESSAGE).hex() == vectors.E


def test_sm2_signs_what_it_verifies() -> None:
    handle, point = provider().sm2_generate()
    first = provider().sm2_sign(handle, b"licence")
    assert first != provider().sm2_sign(handle, b"licence"), "every signature has its own k"
    assert provider().sm2_verify(point, b"licence", first)
    assert not provider().sm2_verify(point, b"licences", first)


def test_private_key_of_the_openssl_vector_file_gives_its_public_point() -> None:
    text = shared_data("conformance/gm_crypto/evppkey_sm2.txt").read_text()
    body = text.split("-----BEGIN PRIVATE KEY-----")[1].split("-----END")[0]
    der = base64.b64decode(body)
    scalar = der[der.index(bytes.fromhex("0201010420")) + 5 :][:32]
    assert der.endswith(provider().sm2_public(scalar))
