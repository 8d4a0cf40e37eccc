// A wallet on @openid4vc and @sd-jwt, told what to do line by line on stdin; answers are JSON lines.
import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { createInterface } from "node:readline";
import { Openid4vciClient } from "@openid4vc/openid4vci";
import { Openid4vpClient } from "@openid4vc/openid4vp";
import { clientAuthenticationAnonymous, clientAuthenticationNone, setGlobalConfig } from "@openid4vc/oauth2";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import * as jose from "jose";

setGlobalConfig({ allowInsecureUrls: true });
const given = JSON.parse(process.argv[2]);
const { privateKey, publicKey } = await jose.generateKeyPair("ES256", { extractable: true });
const publicJwk = await jose.exportJWK(publicKey);
const hash = (data, alg) => new Uint8Array(createHash(alg.replace("-", "")).update(data).digest());
const sign = (header, payload) => new jose.SignJWT(payload).setProtectedHeader(header).sign(privateKey);
const x5cKey = (der) =>
  jose.importX509(`-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----`, "ES256", { extractable: true });

const callbacks = {
  fetch,
  hash,
  generateRandom: (bytes) => new Uint8Array(randomBytes(bytes)),
  signJwt: async (_signer, { header, payload }) => ({ jwt: await sign(header, payload), signerJwk: publicJwk }),
  verifyJwt: async (signer, { compact }) => {
    if (signer.method !== "x5c") return { verified: false };
    const key = await x5cKey(signer.x5c[0]);
    try {
      await jose.compactVerify(compact, key);
    } catch {
      return { verified: false };
    }
    return { verified: true, signerJwk: await jose.exportJWK(key) };
  },
  encryptJwe: async ({ publicJwk: jwk, enc }, data) => ({
    encryptionJwk: jwk,
    jwe: await new jose.CompactEncrypt(new TextEncoder().encode(data))
      .setProtectedHeader({ alg: "ECDH-ES", enc, kid: jwk.kid })
      .encrypt(await jose.importJWK(jwk, "ECDH-ES")),
  }),
  decryptJwe: async () => ({ decrypted: false }),
  clientAuthentication: given.client_id
    ? clientAuthenticationNone({ clientId: given.client_id })
    : clientAuthenticationAnonymous(),
  getX509CertificateMetadata: (der) => {
    const names = new X509Certificate(Buffer.from(der, "base64")).subjectAltName ?? "";
    return {
      sanDnsNames: names.split(", ").filter((name) => name.startsWith("DNS:")).map((name) => name.slice(4)),
      sanUriNames: [],
    };
  },
};
const issuing = new Openid4vciClient({ callbacks });
const showing = new Openid4vpClient({ callbacks });
let offer, issuer, pkce, token, credential, verifierKey;

const vc = () =>
  new SDJwtVcInstance({
    hasher: (data, alg) => hash(data, alg),
    hashAlg: "sha-256",
    saltGenerator: () => randomBytes(16).toString("base64url"),
    signAlg: "ES256",
    verifier: async (data, signature) => {
      try {
        await jose.compactVerify(`${data}.${signature}`, verifierKey);
        return true;
      } catch {
        return false;
      }
    },
    statusVerifier: async (data, signature) => {
      try {
        await jose.compactVerify(`${data}.${signature}`, verifierKey);
        return true;
      } catch {
        return false;
      }
    },
    kbSigner: async (data) => {
      const { createSign, KeyObject } = await import("node:crypto");
      const signer = createSign("sha256").update(data);
      return signer.sign({ key: KeyObject.from(privateKey), dsaEncoding: "ieee-p1363" }, "base64url");
    },
    kbSignAlg: "ES256",
  });

const steps = {
  async resolve({ link }) {
    offer = await issuing.resolveCredentialOffer(link);
    issuer = await issuing.resolveIssuerMetadata(offer.credential_issuer);
    return { offer, server: issuer.authorizationServers[0].issuer };
  },
  async pre_authorised({ tx_code }) {
    const answer = await issuing.retrievePreAuthorizedCodeAccessTokenFromOffer({
      credentialOffer: offer,
      issuerMetadata: issuer,
      txCode: tx_code,
    });
    token = answer.accessTokenResponse.access_token;
    return { token_type: answer.accessTokenResponse.token_type };
  },
  async authorise({ redirect_uri, scope }) {
    const made = await issuing.createAuthorizationRequestUrlFromOffer({
      clientId: given.client_id,
      credentialOffer: offer,
      issuerMetadata: issuer,
      redirectUri: redirect_uri,
      scope,
      state: "s1",
    });
    pkce = made.pkce;
    return { url: made.authorizationRequestUrl };
  },
  async redeem({ url, redirect_uri }) {
    const back = issuing.parseAndVerifyAuthorizationResponseRedirectUrl({
      url,
      authorizationServerMetadata: issuer.authorizationServers[0],
    });
    const answer = await issuing.retrieveAuthorizationCodeAccessTokenFromOffer({
      issuerMetadata: issuer,
      credentialOffer: offer,
      authorizationCode: back.code,
      pkceCodeVerifier: pkce.codeVerifier,
      redirectUri: redirect_uri,
    });
    token = answer.accessTokenResponse.access_token;
    return { scope: answer.accessTokenResponse.scope };
  },
  async fetch() {
    const id = offer.credential_configuration_ids[0];
    const { c_nonce } = await issuing.requestNonce({ issuerMetadata: issuer });
    const { jwt } = await issuing.createCredentialRequestJwtProof({
      issuerMetadata: issuer,
      signer: { method: "jwk", publicJwk, alg: "ES256" },
      nonce: c_nonce,
      issuedAt: new Date(),
      clientId: given.client_id,
      credentialConfigurationId: id,
    });
    const answer = await issuing.retrieveCredentials({
      issuerMetadata: issuer,
      accessToken: token,
      credentialConfigurationId: id,
      proofs: { jwt: [jwt] },
    });
    credential = answer.credentialResponse.credentials[0].credential;
    await issuing.sendNotification({
      issuerMetadata: issuer,
      accessToken: token,
      notification: { notificationId: answer.credentialResponse.notification_id, event: "credential_accepted" },
    });
    return { proof: jwt };
  },
  async check() {
    const { keys } = (await (await fetch(`${given.issuer}/.well-known/jwt-vc-issuer`)).json()).jwks;
    const { kid } = jose.decodeProtectedHeader(credential.split("~")[0]);
    verifierKey = await jose.importJWK(keys.find((key) => key.kid === kid), "ES256");
    const { payload, header } = await vc().verify(credential);
    return { typ: header.typ, vct: payload.vct, holder: payload.holder, fields: payload.fields };
  },
  async type() {
    return await (await fetch(jose.decodeJwt(credential.split("~")[0]).vct)).json();
  },
  async present({ link, frame }) {
    const parsed = showing.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link });
    const request = await showing.resolveOpenId4vpAuthorizationRequest({
      authorizationRequestPayload: parsed.params,
    });
    const payload = request.authorizationRequestPayload;
    const shown = await vc().present(credential, frame, {
      kb: { payload: { iat: Math.floor(Date.now() / 1000), aud: payload.client_id, nonce: payload.nonce } },
    });
    const made = await showing.createOpenid4vpAuthorizationResponse({
      authorizationRequestPayload: payload,
      authorizationResponsePayload: { vp_token: { licence0: [shown] } },
      jarm: payload.response_mode === "direct_post.jwt" && {
        encryption: { nonce: payload.nonce },
        serverMetadata: {
          authorization_signing_alg_values_supported: [],
          authorization_encryption_alg_values_supported: ["ECDH-ES"],
          authorization_encryption_enc_values_supported: ["A128GCM", "A256GCM"],
        },
      },
    });
    const sent = await showing.submitOpenid4vpAuthorizationResponse({
      authorizationRequestPayload: payload,
      authorizationResponsePayload: made.authorizationResponsePayload,
      jarm: made.jarm ? { responseJwt: made.jarm.responseJwt } : undefined,
    });
    return {
      status: sent.response.status,
      client: request.client.prefix,
      version: request.version,
      query: request.dcql.query,
    };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { step, ...values } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ ok: await steps[step](values) }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.name, text: `${error.message} ${error.cause ?? ""} ${error.stack}`.slice(0, 3000) }));
  }
}
