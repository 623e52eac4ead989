// SPDX-License-Identifier: EUPL-1.2
// A real OpenID provider on loopback for the tests. Argument: JSON with port, client and people.
// It speaks plain http, prints one line when it listens, and ends with its standard input.

import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const told = JSON.parse(process.argv[2]);
const people = new Map(Object.entries(told.people));
const issuer = `http://127.0.0.1:${told.port}`;

const provider = new Provider(issuer, {
  clients: told.clients,
  claims: {
    openid: ["sub"],
    profile: ["preferred_username", "name"],
    groups: ["groups"],
  },
  scopes: ["openid", "profile", "groups"],
  conformIdTokenClaims: told.claims_in_userinfo_only,
  cookies: { keys: ["only for tests"] },
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    userinfo: { enabled: true },
  },
  pkce: { required: () => true },
  // whoever has logged in has agreed: the page of consent is none of our business
  async loadExistingGrant(ctx) {
    const { client, session, provider: own } = ctx.oidc;
    const known = session.grantIdFor(client.clientId);
    if (known) return own.Grant.find(known);
    const grant = new own.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid profile groups");
    await grant.save();
    return grant;
  },
  async findAccount(ctx, id) {
    const person = people.get(id);
    if (!person) return undefined;
    return { accountId: id, claims: async () => person };
  },
  // a logout is told to the house although it is on loopback, which its dispatcher refuses
  fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
});

provider.on("server_error", (_, error) => console.error(error));
const server = createServer(provider.callback());
server.listen(told.port, "127.0.0.1", () => console.log("listening"));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
