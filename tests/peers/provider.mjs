// oidc-provider as the peer of a benchmark: everything in memory, everyone agrees, one process.
import Provider from "oidc-provider";

const given = JSON.parse(process.argv[2]);
const provider = new Provider(`http://127.0.0.1:${given.port}`, {
  clients: [
    {
      client_id: "rp",
      client_secret: "secret-of-the-relying-party",
      redirect_uris: [given.redirect_uri],
      grant_types: ["authorization_code", "client_credentials"],
      response_types: ["code"],
    },
  ],
  scopes: ["openid", "profile", "introspect"],
  claims: { openid: ["sub"], profile: ["name"] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
  },
  cookies: { keys: ["a key for the cookies of a benchmark"] },
  pkce: { required: () => true },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: "陈美玲" }) }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid profile");
    await grant.save();
    return grant;
  },
});
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  const where = await provider.interactionResult(ctx.req, ctx.res, { login: { accountId: "someone" } });
  ctx.status = 303;
  ctx.redirect(where);
});
provider.listen(given.port, "127.0.0.1", () => console.log("ready"));
