"""Paying inside WeChat (JSAPI): who pays is asked silently, the page hands signed words to the app.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012791832; docs/reference/channels.md.
"""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponseBase
from django.test import Client

from .. import services
from ..adapters import registry, wechat_messages
from ..errors import ChannelRefused, ChannelUnknown
from ..models import PaymentAttempt
from ..simulators.wechat import PAYER
from ..testing import make_bill
from .test_pay import now, state_of
from .wallets import Channel, make_channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def wechat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Channel:
    made = make_channel("wechat", tmp_path)
    monkeypatch.setitem(registry.FACTORIES, made.code, lambda: made.adapter)
    return made


def test_a_prepaid_order_is_called_up_with_signed_words_and_pays_the_bill(wechat: Channel) -> None:
    bill = make_bill(at=now())
    attempt = services.start_payment(bill_id=bill.pk, channel="wechat", openid=PAYER, at=now())
    again = services.start_payment(bill_id=bill.pk, channel="wechat", openid=PAYER, at=now())
    assert (again.pk, attempt.qr_text, PAYER in attempt.product) == (attempt.pk, "", False)
    params = services.in_app_params(attempt, at=now())
    key = wechat.adapter.credentials.public_key("merchant.crt")
    assert params["package"] == f"prepay_id={attempt.prepay_id}"
    assert wechat_messages.pay_params_hold(key, params)
    assert not wechat_messages.pay_params_hold(key, {**params, "package": "prepay_id=other"})
    wechat.paid()
    body, headers = wechat.wallet.notice(wechat.order)
    services.receive_notice(channel="wechat", body=body, headers=headers, at=now())
    assert state_of(bill) == "paid"
    attempt.refresh_from_db()
    assert services.in_app_params(attempt, at=now()) == {}


def test_another_payer_or_another_way_ends_the_order_before(wechat: Channel) -> None:
    bill = make_bill(at=now())
    first = services.start_payment(bill_id=bill.pk, channel="wechat", openid=PAYER, at=now())
    second = services.start_payment(bill_id=bill.pk, channel="wechat", openid="oOTHER", at=now())
    scanned = services.start_payment(bill_id=bill.pk, channel="wechat", at=now())
    assert len({first.pk, second.pk, scanned.pk}) == 3
    states = PaymentAttempt.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["closed", "closed", "pending"]
    assert scanned.qr_text.startswith("weixin://")


def test_only_a_channel_with_an_app_takes_a_payer_by_name() -> None:
    with pytest.raises(ChannelUnknown):
        registry.in_app_channel("bank")


def test_the_page_asks_who_pays_and_believes_only_its_own_browser(wechat: Channel) -> None:
    bill = make_bill(at=now())
    path = f"/pay/{bill.pk}/wechat/"
    browser, other = Client(), Client()
    away = browser.get(path)["Location"]
    assert away.endswith("#wechat_redirect")
    asked = parse_qs(urlsplit(away).query)
    assert (asked["scope"], asked["redirect_uri"][0].endswith(path)) == (["snsapi_base"], True)
    target = f"/connect/oauth2/authorize?{urlsplit(away).query}"
    back = wechat.wallet.handle("GET", target, b"", {}).headers["Location"]
    query = urlsplit(back).query
    assert other.get(f"{path}?{query}").status_code == 403
    page = browser.get(f"{path}?{query}")
    assert page.status_code == 200
    attempt = PaymentAttempt.objects.get()
    assert attempt.prepay_id in page.content.decode()
    assert "payment/in_wechat.js" in page.content.decode()
    with pytest.raises(ChannelRefused):  # a code is good once
        wechat.adapter.openid_of(parse_qs(query)["code"][0])


def test_coming_to_the_page_leaves_another_payers_order_alone(wechat: Channel) -> None:
    bill = make_bill(at=now())
    first = services.start_payment(bill_id=bill.pk, channel="wechat", openid="oFIRST", at=now())
    path, browser = f"/pay/{bill.pk}/wechat/", Client(enforce_csrf_checks=True)

    def come() -> HttpResponseBase:
        away = browser.get(path)["Location"]
        target = f"/connect/oauth2/authorize?{urlsplit(away).query}"
        back = wechat.wallet.handle("GET", target, b"", {}).headers["Location"]
        return browser.get(f"{path}?{urlsplit(back).query}")

    page = come()
    assert (page.status_code, "不受影响" in getattr(page, "content", b"").decode()) == (409, True)
    attempt = PaymentAttempt.objects.get()
    assert (attempt.pk, attempt.state) == (first.pk, "pending")
    assert wechat.wallet.orders[first.order_number].state == "pending"
    assert browser.post(path).status_code == 403  # only from the page itself
    asked = {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}
    assert browser.post(path, asked)["Location"] == path
    assert come().status_code == 200
    states = PaymentAttempt.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["closed", "pending"]


def test_the_api_gives_the_words_for_the_app(wechat: Channel) -> None:
    bill = make_bill(at=now())
    path = f"/api/v1/payment/bills/{bill.pk}/payments"
    body = {"channel": "wechat", "openid": PAYER}
    told = Client().post(path, body, content_type="application/json").json()
    assert told["pay_params"]["signType"] == "RSA"
    scanned = Client().post(path, {"channel": "wechat"}, content_type="application/json").json()
    assert scanned["pay_params"] == {}
    refused = Client().post(path, {"openid": PAYER}, content_type="application/json")
    assert refused.status_code == 404
