// Answers on standard output, a JSON line for each JSON line on standard input; times @sd-jwt/sd-jwt-vc inside this process.
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";

const hasher = (data) => createHash("sha256").update(typeof data === "string" ? data : Buffer.from(data)).digest();
const saltGenerator = (length) => randomBytes(length).toString("base64url");
const signed = (data, key) => sign(null, Buffer.from(data), key).toString("base64url");
const verified = (data, signature, key) => verify(null, Buffer.from(data), key, Buffer.from(signature, "base64url"));

// Ours is given the present status; so is this one, instead of reading a whole status list in every call.
class GivenStatus extends SDJwtVcInstance {
  constructor(config, statuses) {
    super(config);
    this.statuses = statuses;
  }

  async verifyStatus({ payload }) {
    const { uri, idx } = payload.status.status_list;
    if (this.statuses.get(`${uri}#${idx}`) !== 0) throw new Error("status is not valid");
  }
}

const jobs = {
  issue({ issuer_jwk, kid, payloads, frame }) {
    const key = createPrivateKey({ key: issuer_jwk, format: "jwk" });
    const signer = async (data) => signed(data, key);
    const issuer = new SDJwtVcInstance({ signer, signAlg: "EdDSA", hasher, hashAlg: "sha-256", saltGenerator });
    return (number) => issuer.issue(payloads[number % payloads.length], frame, { header: { kid } });
  },

  verify({ issuer_jwk, presentations, statuses, instant }) {
    const key = createPublicKey({ key: issuer_jwk, format: "jwk" });
    const config = {
      hasher,
      verifier: async (data, signature) => verified(data, signature, key),
      kbVerifier: async (data, signature, payload) =>
        verified(data, signature, createPublicKey({ key: payload.cnf.jwk, format: "jwk" })),
    };
    const verifier = new GivenStatus(config, new Map(Object.entries(statuses)));
    return (number) => {
      const { text, nonce } = presentations[number % presentations.length];
      return verifier.verify(text, { keyBindingNonce: nonce, currentDate: instant });
    };
  },
};

const prepared = new Map();
let number = 0;

const requests = {
  async versions() {
    const manifest = new URL("../node_modules/@sd-jwt/sd-jwt-vc/package.json", import.meta.url);
    return { node: process.versions.node, "@sd-jwt/sd-jwt-vc": JSON.parse(readFileSync(manifest, "utf8")).version };
  },

  async prepare({ job, ...parts }) {
    prepared.set(job, jobs[job](parts));
    return { first: await prepared.get(job)(0) };
  },

  async time({ job, calls }) {
    const act = prepared.get(job);
    const start = process.hrtime.bigint();
    for (let call = 0; call < calls; call++) await act(number++);
    return { nanoseconds: Number(process.hrtime.bigint() - start) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { request, ...parts } = JSON.parse(line);
  let answer;
  try {
    answer = await requests[request](parts);
  } catch (fault) {
    answer = { fault: String(fault) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
