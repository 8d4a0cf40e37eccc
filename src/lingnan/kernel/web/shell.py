"""What every page's frame knows: language, layout, navigation, who acts for whom, demo or not."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from ..actors import ANONYMOUS, Actor
from . import navigation
from .guard import actor_of
from .navigation import AccountPanel, ActingChoice, Face, Link

LAYOUT_COOKIE = "lingnan_layout"
LANGUAGES = (("zh-hans", "简体"), ("zh-hant", "繁體"), ("en", "English"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The frame of one page."""

    face: str
    language: str
    is_large: bool
    is_big_screen: bool
    is_demo: bool
    path: str
    actor: Actor
    acting_for: str
    acting_choices: tuple[ActingChoice, ...]
    unread: int
    account: AccountPanel
    links: list[Link]
    footer_links: list[Link]

    @property
    def languages(self) -> list[tuple[str, str, bool]]:
        return [(code, name, code == self.language) for code, name in LANGUAGES]

    @property
    def html_language(self) -> str:
        """The BCP 47 tag for the `lang` attribute."""
        return {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}.get(self.language, self.language)

    @property
    def body_class(self) -> str:
        names = [f"face-{self.face}"]
        if self.is_large:
            names.append("layout-large")
        if self.is_big_screen:
            names.append("is-big-screen")
        return " ".join(names)


def wants_large(request: HttpRequest) -> bool:
    """The large-type layout: `?layout=large` for one page, the cookie for all."""
    chosen = request.GET.get("layout") or request.COOKIES.get(LAYOUT_COOKIE, "")
    return chosen == "large"


def build_shell(request: HttpRequest | None, face: Face, context: dict[str, Any]) -> Shell:
    """The frame for a page; an error page may have no request at all."""
    actor = ANONYMOUS
    account = AccountPanel()
    path, large, big = "/", False, False
    if request is not None:
        actor = actor_of(request)
        account = navigation.account_panel(request)
        path = request.get_full_path()
        large = wants_large(request) and face == "portal"
        big = request.GET.get("screen") == "big" and face == "cockpit"
    acting_for = ""
    principal = actor.principal
    if principal is not None and principal.id != actor.person_id:
        acting_for = principal.name
    plain_path = path.split("?")[0]
    return Shell(
        face=face,
        language=get_language() or settings.LANGUAGE_CODE,
        is_large=large,
        is_big_screen=big,
        is_demo=bool(getattr(getattr(settings, "LINGNAN", None), "demo", False)),
        path=path,
        actor=actor,
        acting_for=str(context.get("acting_for") or acting_for),
        acting_choices=tuple(context.get("acting_choices") or account.choices),
        unread=int(context.get("unread_messages") or account.unread),
        account=account,
        links=navigation.links(face, actor=actor, path=plain_path, large=large),
        footer_links=navigation.links("footer", actor=actor, path=plain_path),
    )
