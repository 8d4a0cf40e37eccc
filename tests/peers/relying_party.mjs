// A relying party on openid-client, told what to do line by line on stdin; answers are JSON lines.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const given = JSON.parse(process.argv[2]);
const options = { execute: [client.allowInsecureRequests] };
const auth = given.client_secret
  ? client.ClientSecretBasic(given.client_secret)
  : client.None();
const config = await client.discovery(
  new URL(given.issuer),
  given.client_id,
  given.client_secret ? { client_secret: given.client_secret } : {},
  auth,
  options,
);
let verifier, state, nonce, tokens, device;

const steps = {
  async start({ scope, redirect_uri }) {
    verifier = client.randomPKCECodeVerifier();
    state = client.randomState();
    nonce = client.randomNonce();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope,
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    return { url: url.href };
  },
  async finish({ url }) {
    tokens = await client.authorizationCodeGrant(config, new URL(url), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    return { claims: tokens.claims(), scope: tokens.scope };
  },
  async userinfo() {
    return await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  },
  async refresh() {
    tokens = await client.refreshTokenGrant(config, tokens.refresh_token);
    return { claims: tokens.claims() };
  },
  async introspect() {
    return await client.tokenIntrospection(config, tokens.access_token);
  },
  async revoke() {
    await client.tokenRevocation(config, tokens.refresh_token);
    return await client.tokenIntrospection(config, tokens.access_token);
  },
  async logout({ post_logout_redirect_uri }) {
    const url = client.buildEndSessionUrl(config, {
      post_logout_redirect_uri,
      id_token_hint: tokens.id_token,
      state: "bye",
    });
    return { url: url.href };
  },
  async device({ scope }) {
    device = await client.initiateDeviceAuthorization(config, { scope });
    return device;
  },
  async poll() {
    tokens = await client.pollDeviceAuthorizationGrant(config, { ...device, interval: 0.2 });
    return { claims: tokens.claims() };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { step, ...values } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ ok: await steps[step](values) }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.code ?? error.name, text: String(error.cause ?? error) }));
  }
}
