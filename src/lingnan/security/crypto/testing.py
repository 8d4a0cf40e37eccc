"""Builders for tests of other modules."""

from lingnan.kernel import clock

from . import services
from .types import IssuedCertificate


def signer(common_name: str = "测试签名人") -> IssuedCertificate:
    """A signer certificate of the test authority, with its key."""
    return services.issue_certificate(
        common_name=common_name, organisation="测试单位", purpose="test.signer", at=clock.now()
    )
