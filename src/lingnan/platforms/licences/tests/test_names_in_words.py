"""Names of certificates and days, as the page that verifies a file says them."""

import pytest
from django.utils import translation

from ..finding_words import line_of, whose
from ..findings import Finding, Outcome, Step
from ..models import LicenceUse
from ..templatetags.seal_words import field_titles
from ..testing import make_licence


@pytest.mark.parametrize(
    ("name", "long", "short"),
    [
        (
            "Common Name: 浙江省税务监制章电子证书, Organizational Unit: 浙江省税务局,"
            " Organization: 浙江省税务局, Locality: 杭州市, State/Province: 浙江省, Country: CN",
            "浙江省税务监制章电子证书 · 浙江省税务局 · 杭州市 · 浙江省",
            "浙江省税务监制章电子证书",
        ),
        (
            "Organization Identifier: 11440100DEM08000XN, Common Name: 甲（测试）, Country: CN",
            "甲（测试）",
            "甲（测试）",
        ),
        ("Common Name: 甲, 2.5.4.16: 5000, Organization: A, B Inc", "甲 · A, B Inc", "甲"),
        ("Common Name: www.dms360.cn; Organizational Unit: B, A; Organization: Org; Country: CN",
         "www.dms360.cn · Org · B, A", "www.dms360.cn"),
        ("Country: CN", "Country: CN", "Country: CN"),
        ("1.2.156.10197.1.401.2", "1.2.156.10197.1.401.2", "1.2.156.10197.1.401.2"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_a_name_is_said_without_the_words_of_its_attributes(
    name: str, long: str, short: str
) -> None:
    assert whose(name) == long
    assert whose(name, at_length=False) == short


def test_the_last_day_of_a_copy_is_a_date_in_words() -> None:
    finding = Finding(
        step=Step.LICENCE,
        outcome=Outcome.PROVEN,
        reason="copy",
        names=("驾驶证", "贷款", "2026-12-20"),
    )
    with translation.override("zh-hans"):
        line = line_of(finding)
    assert line.text.endswith("驾驶证；贷款；2026年12月20日。")
    assert line.names == finding.names  # for programs as it is


@pytest.mark.django_db
def test_what_a_wallet_showed_is_named_in_words() -> None:
    fields = ["holder.name", "licence.valid_from", "fields.place", "business_scope"]
    with translation.override("zh-hans"):
        told = field_titles(LicenceUse(licence=make_licence(), fields=fields))
    assert told == "持有人、有效期起、经营场所、经营项目"
