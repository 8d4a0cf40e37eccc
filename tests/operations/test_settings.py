"""Production does not start on an insecure setting, and says in one sentence what to set."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from lingnan.project import config
from lingnan.project.config import BASE_DIR, Config, InsecureSetting

SAFE = {
    "LINGNAN_MODE": "production",
    "LINGNAN_SECRET_KEY": "k" * 50,
    "LINGNAN_MASTER_KEY": base64.b64encode(bytes(range(16))).decode(),
    "LINGNAN_ALLOWED_HOSTS": "zwfw.example.org",
    "LINGNAN_PUBLIC_URL": "https://zwfw.example.org",
    "LINGNAN_BANK_SECRET": "agreed-with-the-bank",
    "DATABASE_URL": "postgresql://lingnan@db.example.org/lingnan",
}
INSECURE = [
    ("LINGNAN_SECRET_KEY", ""),
    ("LINGNAN_SECRET_KEY", "short"),
    ("LINGNAN_MASTER_KEY", ""),
    ("LINGNAN_MASTER_KEY", "not base64!"),
    ("LINGNAN_MASTER_KEY", base64.b64encode(bytes(15)).decode()),
    ("LINGNAN_ALLOWED_HOSTS", ""),
    ("LINGNAN_ALLOWED_HOSTS", "zwfw.example.org,*"),
    ("LINGNAN_PUBLIC_URL", "http://zwfw.example.org"),
    ("LINGNAN_BANK_SECRET", ""),
    ("LINGNAN_BANK_SECRET", config.DEMO_BANK_SECRET),
    ("DATABASE_URL", ""),
]


def test_a_safe_configuration_is_taken() -> None:
    found = config.read(SAFE)
    assert found.production and not found.demo
    assert found.master_key_bytes == bytes(range(16))


@pytest.mark.parametrize(("variable", "value"), INSECURE)
def test_production_refuses_an_insecure_setting(variable: str, value: str) -> None:
    with pytest.raises(InsecureSetting) as refused:
        config.read({**SAFE, variable: value})
    said = str(refused.value)
    assert variable in said
    assert said.startswith("set ") and "\n" not in said


def test_the_refusal_ends_the_program_with_that_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SAFE, "LINGNAN_BANK_SECRET": ""}.items():
        monkeypatch.setenv(name, value)
    config.load.cache_clear()
    try:
        with pytest.raises(SystemExit) as ended:
            config.load()
    finally:
        config.load.cache_clear()
    assert str(ended.value).startswith("lingnan: set LINGNAN_BANK_SECRET")


@pytest.mark.parametrize(
    ("variable", "value"), [("LINGNAN_PORT", "http"), ("LINGNAN_MODE", "debug")]
)
def test_a_value_of_another_kind_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    config.load.cache_clear()
    try:
        with pytest.raises(SystemExit, match=variable) as ended:
            config.load()
    finally:
        config.load.cache_clear()
    assert "\n" not in str(ended.value)


@pytest.mark.parametrize("url", ["mysql://db/lingnan", "postgresql://db", "lingnan"])
def test_an_address_that_is_not_postgresql_is_one_sentence(url: str) -> None:
    with pytest.raises(SystemExit, match="DATABASE_URL must look like"):
        config.database_settings(url, 0)


def test_secrets_of_a_demo_are_made_once_and_kept_from_others(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    var = tmp_path_factory.mktemp("var")
    first = config.read({"LINGNAN_VAR": str(var)})
    again = config.read({"LINGNAN_VAR": str(var)})
    assert first.secret_key == again.secret_key and len(first.secret_key) >= 50
    assert first.master_key_bytes == again.master_key_bytes and len(first.master_key_bytes) == 16
    for name in ("secret-key", "master-key"):
        assert (var / name).stat().st_mode & 0o077 == 0


def test_every_setting_says_what_it_is_for() -> None:
    """The reference itself is compared with the code by `./lingnan test`."""
    undescribed = [name for name, field in Config.model_fields.items() if not field.description]
    assert undescribed == []
    reference = BASE_DIR / "docs" / "reference" / "settings.md"
    if reference.exists():
        text = reference.read_text()
        variables = {f"LINGNAN_{name.upper()}" for name in Config.model_fields}
        variables = variables - {"LINGNAN_DATABASE_URL"} | {"DATABASE_URL"}
        assert [name for name in sorted(variables) if name not in text] == []


def test_a_demo_is_reached_by_a_name_and_its_port() -> None:
    assert config.read({"LINGNAN_PORT": "9000"}).public_url == "http://localhost:9000"
    named = {"LINGNAN_PORT": "9000", "LINGNAN_PUBLIC_URL": "http://10.0.0.5"}
    assert config.read(named).public_url == "http://10.0.0.5"


def test_a_wrong_file_of_a_signing_device_ends_the_program_with_one_sentence(
    tmp_path: Path,
) -> None:
    (tmp_path / "hsm.json").write_text('{"protocol": "gmt0029", "url": "https://h", "keys": [],'
                                       ' "timeout_seconds": 60}')  # fmt: skip
    started = subprocess.run(
        [sys.executable, "-m", "lingnan.project.cli", "check"],
        env={**os.environ, "LINGNAN_SIGNING_DEVICES": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (started.returncode, started.stdout) == (1, "")
    assert started.stderr.startswith(f"lingnan: {tmp_path / 'hsm.json'}: timeout_seconds is 60")
    assert len(started.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "network", ["169.254.0.0/16", "0.0.0.0/0", "127.0.0.1/32", "::/0", "::1/128", "10.0.0.1/8", "x"]
)
def test_no_opened_network_holds_this_machine_or_its_link(network: str) -> None:
    with pytest.raises(ValidationError, match="result_networks"):
        config.read({**SAFE, "LINGNAN_RESULT_NETWORKS": network})


def test_networks_of_the_extranet_are_opened() -> None:
    found = config.read({**SAFE, "LINGNAN_RESULT_NETWORKS": "10.0.0.0/8 fd00::/8"})
    assert found.result_networks.split() == ["10.0.0.0/8", "fd00::/8"]
