"""The addresses of single sign-on, within identity's names."""

from django.urls import path

from .views import authorize, clients, device, endpoints, leaving, providers, registration, upstream

urlpatterns = [
    path(
        ".well-known/openid-configuration",
        endpoints.openid_configuration,
        name="openid_configuration",
    ),
    path(
        ".well-known/oauth-authorization-server",
        endpoints.openid_configuration,
        name="oauth_metadata",
    ),
    path("oauth/jwks", endpoints.jwks, name="jwks"),
    path("oauth/authorize", authorize.authorize, name="authorize"),
    path("oauth/resume", authorize.resume, name="resume"),
    path("oauth/consent", authorize.consent, name="consent"),
    path("oauth/token", endpoints.token, name="token"),
    path("oauth/revoke", endpoints.revoke, name="revoke"),
    path("oauth/introspect", endpoints.introspect, name="introspect"),
    path("oauth/userinfo", endpoints.userinfo, name="userinfo"),
    path("oauth/device_authorization", endpoints.device_authorization, name="device_authorization"),
    path("oauth/register", registration.register, name="register_client"),
    path("oauth/logout", leaving.sign_out, name="end_session_everywhere"),
    path("oauth/logout/confirm", leaving.confirm_sign_out, name="confirm_sign_out"),
    path("account/sign-in/with/<slug:code>/", upstream.leave, name="sign_in_with"),
    path(
        "account/sign-in/with/<slug:code>/callback/",
        upstream.arrive,
        name="sign_in_with_callback",
    ),
    path("account/sign-in/with/<slug:code>/acs/", upstream.assertion_consumer, name="saml_acs"),
    path("account/sign-in/with/<slug:code>/metadata/", upstream.our_metadata, name="saml_metadata"),
    path("device/", device.device, name="device"),
    path("device/answer/", device.answer_device, name="answer_device"),
    path("developers/sign-in/", clients.clients, name="clients"),
    path("developers/sign-in/new/", clients.new_client, name="new_client"),
    path("developers/sign-in/<uuid:client_pk>/", clients.client, name="client"),
    path(
        "developers/sign-in/<uuid:client_pk>/secret/",
        clients.renew_secret,
        name="renew_client_secret",
    ),
    path("desk/sign-in-programs/", clients.review_list, name="review_clients"),
    path("desk/sign-in-programs/<uuid:client_pk>/", clients.review, name="review_client"),
    path("desk/sign-in-providers/", providers.provider_list, name="upstream_providers"),
    path("desk/sign-in-providers/new/", providers.propose, name="new_upstream_provider"),
    path(
        "desk/sign-in-providers/changes/<uuid:change_id>/",
        providers.decide,
        name="decide_upstream_change",
    ),
    path("desk/sign-in-providers/<slug:code>/", providers.provider, name="upstream_provider"),
    path(
        "desk/sign-in-providers/<slug:code>/edit/",
        providers.propose,
        name="edit_upstream_provider",
    ),
    path(
        "desk/sign-in-providers/<slug:code>/end/",
        providers.disable,
        name="end_upstream_provider",
    ),
    path("account/consents/", clients.consents, name="consents"),
    path(
        "account/consents/<uuid:consent_id>/withdraw/",
        clients.withdraw_consent,
        name="withdraw_consent",
    ),
]
