// A wallet made of the libraries that real ones are made of: @openid4vc/openid4vci for the protocol, jose for its keys and what is
// encrypted to it, @sd-jwt/sd-jwt-vc for what it was given. It holds one offer at a time and is asked line by line, as in
// libraries.mjs. It reaches loopback alone; NODE_EXTRA_CA_CERTS names the authority that it trusts.

import { createHash, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';

import { clientAuthenticationAnonymous, clientAuthenticationNone } from '@openid4vc/oauth2';
import { getGlobalConfig, Openid4vciClient, setGlobalConfig } from '@openid4vc/openid4vci';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { base64url, compactDecrypt, compactVerify, CompactSign, createLocalJWKSet, exportJWK, generateKeyPair, importJWK, jwtVerify } from 'jose';

const CLIENT = 'test-wallet';
const REDIRECT = 'https://wallet.example/answer';
const keys = new Map(); // thumbprint-like: the public x coordinate → private key
const state = {};

async function freshKey(alg = 'ES256') {
  const pair = await generateKeyPair(alg, { extractable: true, crv: alg === 'EdDSA' ? 'Ed25519' : undefined });
  const jwk = await exportJWK(pair.publicKey);
  keys.set(jwk.x, pair.privateKey);
  return { method: 'jwk', alg, publicJwk: jwk };
}

const hash = (data, algorithm) => new Uint8Array(createHash(algorithm.replace('-', '')).update(data).digest());

async function signJwt(signer, { header, payload }) {
  const jwt = await new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader(header)
    .sign(keys.get(signer.publicJwk.x));
  return { jwt, signerJwk: signer.publicJwk };
}

// The protocol library reads JSON: what comes encrypted is opened on its way in, and remembered as such.
async function fetchLocally(url, options) {
  const address = new URL(url);
  if (!['127.0.0.1', 'localhost'].includes(address.hostname)) throw new Error(`not on this machine: ${address.hostname}`);
  const response = await fetch(url, options);
  if (!response.headers.get('content-type')?.startsWith('application/jwt') || !state.decryption) return response;
  const opened = await compactDecrypt(await response.text(), state.decryption.privateKey);
  state.encrypted = opened.protectedHeader;
  return new Response(opened.plaintext, { status: response.status, headers: { 'content-type': 'application/json' } });
}

const callbacks = {
  fetch: fetchLocally,
  hash,
  signJwt,
  generateRandom: (length) => new Uint8Array(randomBytes(length)),
  clientAuthentication: clientAuthenticationAnonymous(),
};
const clientFor = (identified) =>
  new Openid4vciClient({
    callbacks: { ...callbacks, clientAuthentication: identified ? clientAuthenticationNone({ clientId: CLIENT }) : clientAuthenticationAnonymous() },
  });

const dpopOf = () => (state.dpop ? { signer: state.dpop, nonce: state.dpopNonce } : undefined);
const rememberDpop = (result) => {
  if (result?.dpop?.nonce) state.dpopNonce = result.dpop.nonce;
};

async function encryption(enc) {
  const pair = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
  state.decryption = pair;
  const jwk = { ...(await exportJWK(pair.publicKey)), alg: 'ECDH-ES', use: 'enc', kid: 'answer' };
  // The library still asks for the `alg` of earlier drafts beside the one in the key.
  return { credential_response_encryption: { jwk, alg: 'ECDH-ES', enc } };
}

const answers = {
  async insecure({ allowed }) {
    setGlobalConfig({ ...getGlobalConfig(), allowInsecureUrls: allowed });
    return allowed;
  },
  async open({ offer, dpop = false, identified = false }) {
    for (const name of Object.keys(state)) delete state[name];
    state.client = clientFor(identified);
    state.offer = await state.client.resolveCredentialOffer(offer);
    state.metadata = await state.client.resolveIssuerMetadata(state.offer.credential_issuer);
    if (dpop) state.dpop = await freshKey();
    return {
      offer: state.offer,
      version: state.metadata.originalDraftVersion,
      issuer: state.metadata.credentialIssuer,
      authorizationServers: state.metadata.authorizationServers,
    };
  },
  async preAuthorized({ txCode }) {
    const given = await state.client.retrievePreAuthorizedCodeAccessTokenFromOffer({
      credentialOffer: state.offer,
      issuerMetadata: state.metadata,
      txCode,
      dpop: dpopOf(),
    });
    state.token = given.accessTokenResponse.access_token;
    rememberDpop(given);
    return given.accessTokenResponse;
  },
  async authorize({ scope }) {
    const given = await state.client.initiateAuthorization({
      credentialOffer: state.offer,
      issuerMetadata: state.metadata,
      clientId: CLIENT,
      redirectUri: REDIRECT,
      scope,
      dpop: dpopOf(),
    });
    state.pkce = given.pkce;
    rememberDpop(given);
    return { flow: given.authorizationFlow, url: given.authorizationRequestUrl };
  },
  async authorized({ url }) {
    const answer = state.client.parseAndVerifyAuthorizationResponseRedirectUrl({
      url,
      authorizationServerMetadata: state.metadata.authorizationServers[0],
    });
    if (answer.error) return { error: answer.error };
    const given = await state.client.retrieveAuthorizationCodeAccessTokenFromOffer({
      credentialOffer: state.offer,
      issuerMetadata: state.metadata,
      authorizationCode: answer.code,
      pkceCodeVerifier: state.pkce?.codeVerifier,
      redirectUri: REDIRECT,
      dpop: dpopOf(),
    });
    state.token = given.accessTokenResponse.access_token;
    rememberDpop(given);
    return given.accessTokenResponse;
  },
  async credentials({ configuration, algorithms = ['ES256'], enc }) {
    const { c_nonce: nonce } = await state.client.requestNonce({ issuerMetadata: state.metadata });
    state.holders = await Promise.all(algorithms.map(freshKey));
    const jwt = await Promise.all(
      state.holders.map(async (signer) => {
        const request = { issuerMetadata: state.metadata, signer, nonce, credentialConfigurationId: configuration };
        return (await state.client.createCredentialRequestJwtProof(request)).jwt;
      }),
    );
    const given = await state.client.retrieveCredentials({
      issuerMetadata: state.metadata,
      credentialConfigurationId: configuration,
      accessToken: state.token,
      proofs: { jwt },
      dpop: dpopOf(),
      additionalRequestPayload: enc ? await encryption(enc) : undefined,
    });
    rememberDpop(given);
    return { ...given.credentialResponse, encrypted: state.encrypted, holders: state.holders.map((one) => one.publicJwk) };
  },
  async deferred({ transaction, enc }) {
    const given = await state.client.retrieveDeferredCredentials({
      issuerMetadata: state.metadata,
      accessToken: state.token,
      transactionId: transaction,
      dpop: dpopOf(),
      additionalRequestPayload: enc ? await encryption(enc) : undefined,
    });
    rememberDpop(given);
    return { ...given.deferredCredentialResponse, encrypted: state.encrypted };
  },
  async notify({ notification, event }) {
    await state.client.sendNotification({
      issuerMetadata: state.metadata,
      accessToken: state.token,
      notification: { notificationId: notification, event },
      dpop: dpopOf(),
    });
    return event;
  },
  // What a wallet does with what it was given: the issuer's keys by SD-JWT VC metadata, then a presentation bound to its own key.
  async check({ credential, holder, disclose }) {
    const iss = JSON.parse(new TextDecoder().decode(base64url.decode(credential.split('.')[1]))).iss;
    const place = new URL(iss);
    const published = await (await fetchLocally(`${place.origin}/.well-known/jwt-vc-issuer${place.pathname}`)).json();
    if (published.issuer !== iss) throw new Error('the metadata are of another issuer');
    const jwks = createLocalJWKSet(published.jwks ?? (await (await fetchLocally(published.jwks_uri)).json()));
    const key = keys.get(state.holders[holder].publicJwk.x);
    const library = new SDJwtVcInstance({
      hasher: (data, algorithm) => hash(data instanceof ArrayBuffer ? new Uint8Array(data) : data, algorithm),
      hashAlg: 'sha-256',
      saltGenerator: () => 'never used',
      verifier: async (data, signature) => Boolean(await compactVerify(`${data}.${signature}`, jwks)),
      kbSigner: async (data) => {
        const [header, payload] = data.split('.');
        const signed = await new CompactSign(base64url.decode(payload))
          .setProtectedHeader(JSON.parse(new TextDecoder().decode(base64url.decode(header))))
          .sign(key);
        return signed.split('.')[2];
      },
      kbSignAlg: state.holders[holder].alg,
      kbVerifier: async (data, signature, payload) =>
        Boolean(await compactVerify(`${data}.${signature}`, await importJWK(payload.cnf.jwk, state.holders[holder].alg))),
    });
    const frame = Object.fromEntries(disclose.map((name) => [name, true]));
    const iat = Math.floor(Date.now() / 1000);
    const shown = await library.present(credential, frame, { kb: { payload: { iat, aud: 'https://verifier.example', nonce: 'n-1' } } });
    const { payload } = await library.verify(shown, { keyBindingNonce: 'n-1' });
    return { shown, payload };
  },
  async signedMetadata({ url }) {
    const response = await fetchLocally(url, { headers: { Accept: 'application/jwt' } });
    const signed = await response.text();
    const issuer = state.offer.credential_issuer;
    const place = new URL(issuer);
    const keysOf = await (await fetchLocally(`${place.origin}${place.pathname}/jwks.json`)).json();
    const { payload, protectedHeader } = await jwtVerify(signed, createLocalJWKSet(keysOf), { subject: issuer });
    return { payload, header: protectedHeader };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ask, ...rest } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ id, result: await answers[ask](rest) }));
  } catch (fault) {
    const told = fault.response?.credentialErrorResponseResult?.data ?? fault.errorResponse;
    console.log(JSON.stringify({ id, fault: told ? JSON.stringify(told) : `${fault.message}${fault.cause ? `: ${fault.cause.message ?? fault.cause}` : ''}` }));
  }
}
