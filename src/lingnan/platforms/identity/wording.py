"""What identity tells people, by message."""

from lingnan.platforms.messaging import types as messaging

CODE = "identity.code"
NEW_DEVICE = "identity.new_device"
PROOF_GIVEN = "identity.proof_given"
ACCOUNT_CHANGED = "identity.account_changed"
RECOVERY = "identity.recovery"
LEADER_CHANGED = "identity.leader_changed"

messaging.register(
    messaging.MessageTemplate(
        code=CODE,
        title={"zh-hans": "验证码", "en": "Your code"},
        body={
            "zh-hans": "您的验证码为 %(code)s，%(minutes)s 分钟内有效，仅用于%(use)s。"
            "工作人员不会向您索要验证码，请勿告知他人。",
            "en": "Your code is %(code)s, good for %(minutes)s minutes, only to %(use)s. "
            "No officer will ever ask you for it; tell it to no one.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=NEW_DEVICE,
        title={"zh-hans": "账户在新设备登录", "en": "Your account was used on a new device"},
        body={
            "zh-hans": "您的账户于 %(when)s 在新的设备或网络登录：%(device)s，%(place)s。"
            "如非本人操作，请立即在“我的账户”退出该设备并修改密码。",
            "en": "Your account signed in on a new device or network at %(when)s: %(device)s, "
            "%(place)s. If that was not you, sign it out on your account page now and change "
            "the password.",
        },
        sms={
            "zh-hans": "您的账户于 %(when)s 在新设备登录（%(place)s）。"
            "如非本人操作请立即修改密码。",
            "en": "Your account signed in on a new device at %(when)s (%(place)s). "
            "If that was not you, change the password now.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=PROOF_GIVEN,
        title={"zh-hans": "身份核验已通过", "en": "Your identity was confirmed"},
        body={
            "zh-hans": "您于 %(when)s 通过“%(method)s”核验身份，账户等级为 %(level)s 级。",
            "en": "You confirmed your identity at %(when)s by “%(method)s”; your account is now at "
            "level %(level)s.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=ACCOUNT_CHANGED,
        title={"zh-hans": "账户信息变更", "en": "Your account was changed"},
        body={
            "zh-hans": "您的账户于 %(when)s 发生变更：%(what)s。如非本人操作，请立即联系 12345。",
            "en": "Your account was changed at %(when)s: %(what)s. If that was not you, call 12345 "
            "now.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=RECOVERY,
        title={"zh-hans": "有人申请找回您的账户", "en": "Someone asked to recover your account"},
        body={
            "zh-hans": "您的账户于 %(when)s 收到找回申请，%(until)s 后可重设密码。"
            "如非本人操作，请登录后在“我的账户”中撤销，或拨打 12345。",
            "en": "Recovery of your account was asked for at %(when)s; a new password can be set "
            "after %(until)s. If that was not you, sign in and cancel it on your account page, or "
            "call 12345.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=LEADER_CHANGED,
        title={
            "zh-hans": "单位法定代表人已变更",
            "en": "An organisation has another legal representative",
        },
        body={
            "zh-hans": "已有他人核验为%(organisation)s的法定代表人，您不能再代表该单位办事。"
            "如有异议，请持营业执照到办事大厅办理。",
            "en": "Someone else has proved to be the legal representative of %(organisation)s; you "
            "can no longer act for it. If that is wrong, come to a service hall with the licence.",
        },
    )
)
