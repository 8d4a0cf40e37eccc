"""What licences say to people, in both languages."""

from lingnan.platforms.messaging import types as messaging

CONSENT_ASKED = "licences.consent_asked"
CONSENT_CHANGED = "licences.consent_changed"
CREDENTIAL_OLD = "licences.credential_old"
STATUS_CHANGED = "licences.status_changed"

messaging.register(
    messaging.MessageTemplate(
        code=CONSENT_ASKED,
        title={"zh-hans": "有人请求使用您的证照", "en": "Someone asks to read a licence of yours"},
        body={
            "zh-hans": "%(asker)s请求读取您的“%(licence)s”，用途：%(purpose)s。"
            "请到卡包中同意或者拒绝。",
            "en": "%(asker)s asks to read your “%(licence)s” for: %(purpose)s. "
            "Answer in your wallet.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=CONSENT_CHANGED,
        title={"zh-hans": "证照授权有变化", "en": "A consent has changed"},
        body={
            "zh-hans": "持有人对“%(licence)s”的授权：%(state)s。",
            "en": "The holder's consent for “%(licence)s”: %(state)s.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=CREDENTIAL_OLD,
        title={
            "zh-hans": "手机钱包中的证照需要更新",
            "en": "Fetch the new version into your wallet",
        },
        body={
            "zh-hans": "您的“%(licence)s”已有新版本，手机钱包中的旧凭证已失效。请重新放入钱包。",
            "en": "Your “%(licence)s” has a newer version; the credential in your wallet is "
            "invalid. Put the new one into your wallet.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=STATUS_CHANGED,
        title={"zh-hans": "您的证照状态已变更", "en": "The status of a licence of yours changed"},
        body={
            "zh-hans": "您的“%(licence)s”的状态变更为“%(status)s”。依据：%(ground)s。"
            "如有异议，请联系%(agency)s。",
            "en": "The status of your “%(licence)s” is now “%(status)s”. Ground: %(ground)s. "
            "If you disagree, ask %(agency)s.",
        },
    )
)
