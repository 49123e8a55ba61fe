// The npm libraries of wallets, verifiers and front ends, asked line by line: {"id": 1, "ask": …} on stdin gives
// {"id": 1, "result": …} or {"id": 1, "fault": …} on stdout. Nothing here reaches the network; what a library would fetch is
// handed in with the question.

import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { createInterface } from 'node:readline';
import { gunzipSync, inflateSync } from 'node:zlib';

import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { base64url, calculateJwkThumbprint, CompactSign, compactVerify, importJWK, jwtVerify } from 'jose';
import * as viem from 'viem';
import { privateKeyToAccount, sign as signDigest } from 'viem/accounts';

const hexOf = (text) => viem.bytesToHex(base64url.decode(text));
const textOf = (bytes) => base64url.encode(bytes);
const headerOf = (signed) => JSON.parse(new TextDecoder().decode(base64url.decode(signed.split('.')[0])));

const hasher = (data, name) => {
  const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
  return new Uint8Array(createHash(name.replace('-', '')).update(bytes).digest());
};

// jose left secp256k1 out in version 6, so ES256K goes through viem: it signs digests and recovers who signed one.
async function verifiesSecp256k1(data, signature, jwk) {
  const expected = `0x04${hexOf(jwk.x).slice(2)}${hexOf(jwk.y).slice(2)}`;
  const hash = viem.sha256(viem.stringToBytes(data));
  for (const parity of ['1b', '1c']) {
    try {
      if ((await viem.recoverPublicKey({ hash, signature: hexOf(signature) + parity })) === expected) return true;
    } catch {
      // no point has this x, or the signature is none
    }
  }
  return false;
}

async function verifies(data, signature, jwk) {
  if (jwk.crv === 'secp256k1') return headerOf(data).alg === 'ES256K' && verifiesSecp256k1(data, signature, jwk);
  try {
    const algorithm = jwk.crv === 'Ed25519' ? 'EdDSA' : 'ES256';
    await compactVerify(`${data}.${signature}`, await importJWK(jwk, algorithm), { algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
}

async function signs(data, jwk) {
  if (jwk.crv === 'secp256k1') {
    const hash = viem.sha256(viem.stringToBytes(data));
    const { r, s } = await signDigest({ hash, privateKey: hexOf(jwk.d), to: 'object' });
    return textOf(viem.hexToBytes(viem.concat([viem.pad(r, { size: 32 }), viem.pad(s, { size: 32 })])));
  }
  const { kty, crv, x, y, d } = jwk;
  const name = crv === 'Ed25519' ? 'Ed25519' : 'ECDSA';
  const key = await webcrypto.subtle.importKey('jwk', { kty, crv, x, y, d }, { name, namedCurve: crv }, false, ['sign']);
  return textOf(new Uint8Array(await webcrypto.subtle.sign({ name, hash: 'SHA-256' }, key, new TextEncoder().encode(data))));
}

const algorithmOf = (jwk) => ({ Ed25519: 'EdDSA', 'P-256': 'ES256', secp256k1: 'ES256K' })[jwk.crv];

// What draft-ietf-oauth-sd-jwt-vc calls document integrity: the format of W3C Subresource Integrity over the document as served.
function typeMetadata(documents) {
  return async (uri, integrity) => {
    const text = documents[uri];
    if (text === undefined) throw new Error(`no type metadata at ${uri}`);
    const expected = `sha256-${createHash('sha256').update(text).digest('base64')}`;
    if (integrity !== expected) throw new Error(`integrity of ${uri} is ${expected}, the credential says ${integrity}`);
    return JSON.parse(text);
  };
}

function wallet({ issuer, holder, publisher, documents, lists }) {
  return new SDJwtVcInstance({
    hasher,
    saltGenerator: (length) => textOf(randomBytes(length)),
    signAlg: issuer && algorithmOf(issuer),
    signer: issuer && ((data) => signs(data, issuer)),
    verifier: issuer && ((data, signature) => verifies(data, signature, issuer)),
    kbSignAlg: holder && algorithmOf(holder),
    kbSigner: holder && ((data) => signs(data, holder)),
    kbVerifier: (data, signature, payload) => verifies(data, signature, payload.cnf.jwk),
    statusVerifier: publisher && ((data, signature) => verifies(data, signature, publisher)),
    statusListFetcher: async (uri) => {
      if (!lists?.[uri]) throw new Error(`no status list at ${uri}`);
      return lists[uri];
    },
    loadTypeMetadataFormat: documents !== undefined,
    vctFetcher: documents && typeMetadata(documents),
  });
}

// JSON has no numbers as large as Solidity's, so they come as decimal text.
const numbered = (value) => (/^\d+$/.test(value) ? BigInt(value) : value);
const typed = (data) => ({
  ...data,
  message: Object.fromEntries(Object.entries(data.message).map(([name, value]) => [name, numbered(value)])),
});

const answers = {
  // @sd-jwt/sd-jwt-vc
  sd_jwt_verify: async ({ sdJwt, now, nonce, ...context }) =>
    wallet(context).verify(sdJwt, { currentDate: now, ...(nonce && { keyBindingNonce: nonce }) }),
  sd_jwt_keys: async ({ sdJwt }) => wallet({}).presentableKeys(sdJwt),
  sd_jwt_claims: async ({ sdJwt }) => wallet({}).getClaims(sdJwt),
  sd_jwt_present: async ({ sdJwt, disclose, nonce, audience, issuedAt, holder }) =>
    wallet({ holder }).present(
      sdJwt,
      Object.fromEntries(disclose.map((name) => [name, true])),
      holder && { kb: { payload: { iat: issuedAt, aud: audience, nonce } } },
    ),
  sd_jwt_issue: async ({ payload, disclose, decoys, header, issuer }) =>
    wallet({ issuer }).issue(payload, { _sd: disclose, _sd_decoy: decoys }, { header }),
  sd_jwt_integrity: async ({ document, uri, integrity }) => wallet({}).validateIntegrity(new Response(document), uri, integrity),

  // jose
  jose_verify: async ({ token, jwk, typ, now }) => {
    const { payload, protectedHeader } = await jwtVerify(token, await importJWK(jwk, algorithmOf(jwk)), {
      algorithms: [algorithmOf(jwk)],
      typ,
      currentDate: new Date(now * 1000),
    });
    return { payload, header: protectedHeader };
  },
  jose_sign: async ({ payload, header, jwk }) => {
    const signing = new CompactSign(new TextEncoder().encode(JSON.stringify(payload))).setProtectedHeader(header);
    return signing.sign(await importJWK(jwk, header.alg));
  },
  jose_thumbprint: async ({ jwk }) => calculateJwkThumbprint(jwk),
  verify_signature: async ({ token, jwk }) => {
    const [header, payload, signature] = token.split('.');
    return verifies(`${header}.${payload}`, signature, jwk);
  },
  sign_jwt: async ({ payload, header, jwk }) => {
    const data = [header, payload].map((part) => textOf(new TextEncoder().encode(JSON.stringify(part)))).join('.');
    return `${data}.${await signs(data, jwk)}`;
  },

  // node's own zlib, on both published forms of a status list
  token_status: async ({ lst, bits, indexes }) => {
    const bytes = inflateSync(base64url.decode(lst));
    return indexes.map((index) => (bytes[Math.floor((index * bits) / 8)] >> ((index * bits) % 8)) & ((1 << bits) - 1));
  },
  bitstring_status: async ({ encodedList, indexes }) => {
    if (!encodedList.startsWith('u')) throw new Error('not multibase base64url');
    const bytes = gunzipSync(base64url.decode(encodedList.slice(1)));
    return indexes.map((index) => (bytes[index >> 3] >> (7 - (index & 7))) & 1);
  },

  // viem
  typed_data: async ({ data, key }) => {
    const account = privateKeyToAccount(key);
    const signature = await account.signTypedData(typed(data));
    return { digest: viem.hashTypedData(typed(data)), signature, address: account.address };
  },
  typed_data_verifies: async ({ data, address, signature }) => viem.verifyTypedData({ ...typed(data), address, signature }),
  message: async ({ raw, key }) => {
    const account = privateKeyToAccount(key);
    const signature = await account.signMessage({ message: { raw } });
    return { digest: viem.hashMessage({ raw }), signature, address: account.address };
  },
  message_signer: async ({ raw, signature }) => viem.recoverMessageAddress({ message: { raw }, signature }),
  abi_hash: async ({ types, values }) =>
    viem.keccak256(viem.encodeAbiParameters(types.map((type) => ({ type })), values.map(numbered))),
  expanded: async ({ compact }) =>
    viem.serializeSignature(viem.compactSignatureToSignature(viem.parseCompactSignature(compact))),
  compacted: async ({ signature }) =>
    viem.serializeCompactSignature(viem.signatureToCompactSignature(viem.parseSignature(signature))),
  checksums: async ({ addresses }) => addresses.map((address) => viem.getAddress(address)),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ask, ...question } = JSON.parse(line);
  let answer;
  try {
    answer = { id, result: (await answers[ask](question)) ?? null };
  } catch (fault) {
    answer = { id, fault: String(fault?.message ?? fault) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
