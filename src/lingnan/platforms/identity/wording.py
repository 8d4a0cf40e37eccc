"""What identity tells people, by message."""

from lingnan.platforms.messaging import types as messaging

CODE = "identity.code"
PROOF_GIVEN = "identity.proof_given"
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
