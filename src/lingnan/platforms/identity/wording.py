"""What identity tells people, by message."""

from lingnan.platforms.messaging import types as messaging

CODE = "identity.code"
PROOF_GIVEN = "identity.proof_given"
LEADER_CHANGED = "identity.leader_changed"
RECOVERED = "identity.recovered"
PHONE_CHANGED = "identity.phone_changed"
CLOSED = "identity.closed"
MERGED = "identity.merged"
PASSKEY_ADDED = "identity.passkey_added"
PASSKEY_REMOVED = "identity.passkey_removed"
PASSKEY_COPIED = "identity.passkey_copied"
CERTIFICATE_BOUND = "identity.certificate_bound"
CERTIFICATE_REMOVED = "identity.certificate_removed"
ACCOUNT_LINKED = "identity.account_linked"
ACCOUNT_UNLINKED = "identity.account_unlinked"
PROVIDERS = {
    "wechat": {"zh-hans": "微信", "en": "WeChat"},
    "alipay": {"zh-hans": "支付宝", "en": "Alipay"},
}
NEW_SIGN_IN = "identity.new_sign_in"
POST_OFFERED = "identity.post_offered"
GUARDIAN_RECORDED = "identity.guardian_recorded"
GUARDIAN_ENDED = "identity.guardian_ended"
WINDOW_CHECKED = "identity.window_checked"
WINDOW_WITHDRAWN = "identity.window_withdrawn"
DETAILS_CHANGED = "identity.details_changed"
OPENED_AT_WINDOW = "identity.opened_at_window"

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
messaging.register(
    messaging.MessageTemplate(
        code=WINDOW_CHECKED,
        title={"zh-hans": "窗口已核验您的身份", "en": "Your identity was checked at a window"},
        body={
            "zh-hans": "%(agency)s于 %(when)s 在%(place)s当面核验了您的身份证件，"
            "账户等级为 %(level)s 级。如非本人办理，请立即致电 12345。",
            "en": "%(agency)s checked you and your document at %(when)s, %(place)s; your account "
            "is now at level %(level)s. If that was not you, call 12345 at once.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=DETAILS_CHANGED,
        title={
            "zh-hans": "您的姓名或证件信息已更新",
            "en": "Your name or document on record was changed",
        },
        body={
            "zh-hans": "%(agency)s于 %(when)s 更新了您账户的姓名或证件信息，"
            "登录后可在“我的账户”查看。如非本人办理，请立即致电 12345。",
            "en": "%(agency)s changed the name or document of your account at %(when)s; sign in to "
            "see it under “My account”. If that was not you, call 12345 at once.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=OPENED_AT_WINDOW,
        title={"zh-hans": "账户已在窗口开通", "en": "Your account was opened at a window"},
        body={
            "zh-hans": "您的账户已于 %(when)s 在窗口开通，请用本手机号登录，初始密码 %(password)s，"
            "首次登录时须修改。工作人员不会向您索要密码，请勿告知他人。",
            "en": "Your account was opened at a window at %(when)s. Sign in with this number and "
            "the first password %(password)s, which you change at once. No officer will ever ask "
            "you for it; tell it to no one.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=WINDOW_WITHDRAWN,
        title={
            "zh-hans": "一次窗口身份核验已撤销",
            "en": "A check of your identity was withdrawn",
        },
        body={
            "zh-hans": "%(agency)s已撤销 %(when)s 的窗口身份核验，理由：%(reason)s。"
            "账户等级可能因此降低；可持证件到任一办事大厅重新核验，或致电 12345。",
            "en": "%(agency)s withdrew the check of your identity made at %(when)s: %(reason)s. "
            "Your account may have a lower level now; come to any service hall with your document "
            "to be checked again, or call 12345.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=PASSKEY_ADDED,
        title={"zh-hans": "账户已添加通行密钥", "en": "A passkey was added to your account"},
        body={
            "zh-hans": "通行密钥“%(name)s”已于 %(when)s 添加，可用于登录。"
            "如非本人操作，请立即在“我的账户”中移除并修改密码。",
            "en": "The passkey “%(name)s” was added at %(when)s and opens your account. If that "
            "was not you, remove it on your account page at once and change your password.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=PASSKEY_REMOVED,
        title={"zh-hans": "账户已移除通行密钥", "en": "A passkey was removed from your account"},
        body={
            "zh-hans": "通行密钥“%(name)s”已于 %(when)s 移除，不能再用于登录。",
            "en": "The passkey “%(name)s” was removed at %(when)s and opens nothing any more.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=PASSKEY_COPIED,
        title={"zh-hans": "通行密钥可能已被复制", "en": "A passkey of yours may have been copied"},
        body={
            "zh-hans": "%(when)s 有人使用通行密钥“%(name)s”登录，但其计数异常，系统已拒绝。"
            "该密钥可能已被复制，请在“我的账户”中移除并重新添加。",
            "en": "At %(when)s the passkey “%(name)s” was used with a counter that had not risen; "
            "we refused it. It may have been copied: remove it on your account page and add a new "
            "one.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=CERTIFICATE_BOUND,
        title={"zh-hans": "账户已绑定数字证书", "en": "A certificate was bound to your account"},
        body={
            "zh-hans": "序列号为 %(serial)s 的数字证书已于 %(when)s 绑定，可用于核验身份。"
            "如非本人操作，请立即在“我的账户”中移除并修改密码。",
            "en": "The certificate with serial number %(serial)s was bound at %(when)s and proves "
            "who you are. If that was not you, remove it on your account page at once and change "
            "your password.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=CERTIFICATE_REMOVED,
        title={"zh-hans": "账户已解绑数字证书", "en": "A certificate of your account was removed"},
        body={
            "zh-hans": "序列号为 %(serial)s 的数字证书已于 %(when)s 解绑。",
            "en": "The certificate with serial number %(serial)s was removed at %(when)s.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=RECOVERED,
        title={"zh-hans": "账户密码已重置", "en": "Your account was recovered"},
        body={
            "zh-hans": "您的账户于 %(when)s 通过“%(method)s”核验后重置了密码，"
            "所有设备均已退出。"
            "如非本人操作，请立即到办事大厅办理。",
            "en": "Your account got a new password at %(when)s, after “%(method)s”; "
            "every device is signed out. "
            "If that was not you, come to a service hall at once.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=PHONE_CHANGED,
        title={"zh-hans": "手机号已更换", "en": "Your telephone number was changed"},
        body={
            "zh-hans": "您账户的手机号于 %(when)s 更换为 %(phone)s。"
            "如非本人操作，请立即修改密码并到办事大厅办理。",
            "en": "The telephone number of your account was changed to %(phone)s at %(when)s. "
            "If that was not you, change the password and come to a service hall at once.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=CLOSED,
        title={"zh-hans": "账户已注销", "en": "Your account is closed"},
        body={
            "zh-hans": "您的账户已于 %(when)s 注销，不能再登录；"
            "电子证照继续有效。如非本人操作，请立即到办事大厅办理。",
            "en": "Your account was closed at %(when)s; nobody can sign in with it. "
            "Your licences stay valid. "
            "If that was not you, come to a service hall at once.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=MERGED,
        title={"zh-hans": "两个账户已合并", "en": "Two accounts of yours are one"},
        body={
            "zh-hans": "账户 %(username)s 已于 %(when)s 并入本账户。"
            "如非本人操作，请立即修改密码并到办事大厅办理。",
            "en": "The account %(username)s was joined to this one at %(when)s. "
            "If that was not you, change the password and come to a service hall at once.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=ACCOUNT_LINKED,
        title={"zh-hans": "已绑定%(provider)s账号", "en": "%(provider)s was linked"},
        body={
            "zh-hans": "您的%(provider)s账号已于 %(when)s 绑定，可用于登录。"
            "如非本人操作，请立即在“我的账户”中解绑并修改密码。",
            "en": "Your %(provider)s account was linked at %(when)s and opens your account here. "
            "If that was not you, unlink it on your account page at once and change your password.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=ACCOUNT_UNLINKED,
        title={"zh-hans": "已解绑%(provider)s账号", "en": "%(provider)s was unlinked"},
        body={
            "zh-hans": "您的%(provider)s账号已于 %(when)s 解绑，不能再用于登录。",
            "en": "Your %(provider)s account was unlinked at %(when)s and opens nothing any more.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=NEW_SIGN_IN,
        title={"zh-hans": "账户在新的设备或网络登录", "en": "A sign-in from somewhere new"},
        body={
            "zh-hans": "您的账户于 %(when)s 在%(device)s登录，网络 %(where)s，方式：%(way)s。"
            "此前未见过该设备或网络。如是本人操作，无需处理；"
            "如非本人，请登录“我的账户—我的设备”，退出其他设备并修改密码。",
            "en": "Your account was signed in at %(when)s on %(device)s, network %(where)s, by "
            "%(way)s. We had not seen this device or network with it. If that was you, there is "
            "nothing to do; if not, open “My account – My devices”, sign everything else out and "
            "change your password.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=POST_OFFERED,
        title={"zh-hans": "有单位邀请您任职", "en": "An agency asks you to work for it"},
        body={
            "zh-hans": "%(agency)s邀请您用本账户任职。请在“我的账户—任职邀请”中接受或拒绝，"
            "30 天内有效；未经您接受不会生效。",
            "en": "%(agency)s asks you to work for it with this account. Accept or decline under "
            "“My account – Offers of a post” within 30 days; nothing counts unless you accept.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=GUARDIAN_RECORDED,
        title={"zh-hans": "已登记监护关系", "en": "A guardian was recorded"},
        body={
            "zh-hans": "%(guardian)s已登记为%(ward)s的监护人，经监护人接受后可代为办事。"
            "如与事实不符，请立即到办事大厅办理或致电 12345。",
            "en": "%(guardian)s was recorded as the guardian of %(ward)s and may act once he has "
            "accepted. If that is wrong, come to a service hall at once or call 12345.",
        },
    )
)
messaging.register(
    messaging.MessageTemplate(
        code=GUARDIAN_ENDED,
        title={"zh-hans": "监护登记已终止", "en": "A guardianship has ended"},
        body={
            "zh-hans": "%(guardian)s对%(ward)s的监护登记已由窗口终止，理由：%(reason)s。",
            "en": "The guardianship of %(guardian)s for %(ward)s was ended at a window: "
            "%(reason)s.",
        },
    )
)
