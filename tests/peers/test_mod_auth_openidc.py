"""Apache with mod_auth_openidc: a page behind our sign-in, as an agency's old web site would be."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lingnan.platforms.identity.sso.testing import make_client
from lingnan.platforms.identity.testing import make_person, make_person_actor

pytestmark = pytest.mark.django_db(transaction=True)
MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "auth_openidc")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def apache(tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Starts Apache with a configuration of the test's; skipped where it is not installed."""
    program = shutil.which("apache2") or "/usr/sbin/apache2"
    missing = [name for name in NEEDED if not (MODULES / f"mod_{name}.so").exists()]
    if not Path(program).exists() or missing:
        pytest.skip("no Apache with mod_auth_openidc (apt-get install libapache2-mod-auth-openidc)")
    started: list[subprocess.Popen[bytes]] = []

    def start(text: str) -> None:
        conf = tmp_path / "apache.conf"
        conf.write_text(text)
        started.append(
            subprocess.Popen(
                [program, "-f", str(conf), "-D", "FOREGROUND"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=20)


def _configuration(folder: Path, port: int, issuer: str, client: Any) -> str:
    site = folder / "site"
    (site / "inside").mkdir(parents=True)
    (site / "inside" / "index.html").write_text("inside")
    (site / "bye.html").write_text("bye")
    (folder / "cache").mkdir()
    folder.chmod(0o755)
    user = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
    if user:
        shutil.chown(folder / "cache", "www-data")
        for path in (folder, *folder.parents):
            if path == Path("/tmp"):
                break
            path.chmod(path.stat().st_mode | 0o055)
    loads = "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in NEEDED)
    return f"""
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
ServerName 127.0.0.1
{loads}{user}DocumentRoot {site}
DirectoryIndex index.html
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client.client_id}
OIDCClientSecret {client.secret}
OIDCRedirectURI http://127.0.0.1:{port}/inside/callback
OIDCCryptoPassphrase a-passphrase-of-this-test
OIDCScope "openid profile"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCCookieSameSite Off
OIDCCacheType file
OIDCCacheDir {folder}/cache
<Location /inside>
  AuthType openid-connect
  Require claim name:陈美玲
</Location>
"""


def test_a_page_behind_apache_opens_for_whom_it_is_meant(
    apache: Callable[[str], None], issuer: str, person_at: Any, tmp_path: Path
) -> None:
    port = _free_port()
    site = f"http://127.0.0.1:{port}"
    client = make_client(
        redirect_uris=[f"{site}/inside/callback"], post_logout_redirect_uris=[f"{site}/bye.html"]
    )
    apache(_configuration(tmp_path, port, issuer, client))
    log = tmp_path / "error.log"

    def get(browser: httpx.Client, url: str) -> httpx.Response:
        for _attempt in range(100):
            try:
                return browser.get(url)
            except httpx.ConnectError:
                time.sleep(0.05)
        raise AssertionError(log.read_text() if log.exists() else "Apache did not start")

    def come(name: str) -> tuple[httpx.Client, httpx.Response]:
        person = person_at(make_person_actor(make_person(name)))
        browser = httpx.Client(timeout=60)
        sent = get(browser, f"{site}/inside/")
        assert sent.status_code == 302, log.read_text()
        assert sent.headers["location"].startswith(f"{issuer}/oauth/authorize?")
        back = browser.get(person.visit(sent.headers["location"]))
        assert back.status_code == 302, (back.text, log.read_text())
        return browser, browser.get(back.headers["location"])

    inside, answer = come("陈美玲")
    assert (answer.status_code, answer.text) == (200, "inside"), log.read_text()
    outside, refused = come("何外人")
    assert refused.status_code in {401, 403}
    leaving = inside.get(f"{site}/inside/callback", params={"logout": f"{site}/bye.html"})
    assert leaving.headers["location"].startswith(f"{issuer}/oauth/logout?")
    assert "id_token_hint=" in leaving.headers["location"]
    again = inside.get(f"{site}/inside/")
    assert again.headers["location"].startswith(f"{issuer}/oauth/authorize?")
    inside.close()
    outside.close()
