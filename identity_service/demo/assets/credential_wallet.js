// The demo's wallet for credentials, on any page that shows an offer: it takes the offer up by OpenID4VCI 1.0 as a phone would, by the
// address in the link alone, with keys that this browser makes and nobody can read out of it. What it holds is gone with the page.

const SCHEME = "openid-credential-offer:";
const PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const PATIENCE = 1000; // milliseconds for each second that the claim issuer asks us to wait

const encoded = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const text = (value) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const decoded = (part) =>
  JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0))));
const seconds = () => Math.floor(Date.now() / 1000);

class Refused extends Error {}

async function key() {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { jwk: { kty, crv, x, y }, secret: pair.privateKey };
}

async function signed(typ, payload, { jwk, secret }) {
  const content = `${encoded(text({ typ, alg: "ES256", jwk }))}.${encoded(text(payload))}`;
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, secret, text(content));
  return `${content}.${encoded(signature)}`;
}

async function read(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "omit" });
  const said = await answer.json();
  if (!answer.ok) throw new Refused(said.error_description ?? said.error ?? said.title);
  return said;
}

// The well-known part stands between host and path (RFC 8414 §3.1).
function wellKnown(issuer, name) {
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/${name}${pathname === "/" ? "" : pathname}`;
}

class Conversation {
  constructor(dpop) {
    this.dpop = dpop;
  }

  // Each request shows the DPoP key; a server that wants a nonce of its own says so once (RFC 9449 §8).
  async post(address, { form, json, again = true } = {}) {
    const headers = { Accept: "application/json", DPoP: await this.proof(address) };
    if (this.token) headers.Authorization = `DPoP ${this.token}`;
    if (json) headers["Content-Type"] = "application/json";
    const body = json ? JSON.stringify(json) : form && new URLSearchParams(form);
    const answer = await fetch(address, { method: "POST", headers, body, credentials: "omit" });
    const nonce = answer.headers.get("DPoP-Nonce");
    if (nonce) this.nonce = nonce;
    if (answer.ok) return answer.status === 204 ? {} : answer.json();
    const said = await answer.json();
    const challenged = said.error === "use_dpop_nonce" || answer.headers.get("WWW-Authenticate")?.includes("use_dpop_nonce");
    if (challenged && nonce && again) return this.post(address, { form, json, again: false });
    throw new Refused(said.error_description ?? said.error);
  }

  async proof(address) {
    const payload = { jti: crypto.randomUUID(), htm: "POST", htu: address, iat: seconds() };
    if (this.nonce) payload.nonce = this.nonce;
    if (this.token) payload.ath = encoded(await crypto.subtle.digest("SHA-256", text(this.token)));
    return signed("dpop+jwt", payload, this.dpop);
  }
}

async function accept(link, code, tell) {
  const parameters = new URLSearchParams(new URL(link).search);
  const byReference = parameters.get("credential_offer_uri");
  const offer = byReference ? await read(byReference) : JSON.parse(parameters.get("credential_offer"));
  const issuer = await read(wellKnown(offer.credential_issuer, "openid-credential-issuer"));
  const server = await read(wellKnown(issuer.authorization_servers?.[0] ?? offer.credential_issuer, "oauth-authorization-server"));
  const grant = offer.grants?.[PRE_AUTHORIZED];
  if (!grant) throw new Refused("This offer is for wallets that open a page of the claim issuer; the test wallet takes codes alone.");
  tell("Read the offer. Asking for access …");
  const conversation = new Conversation(await key());
  const access = { grant_type: PRE_AUTHORIZED, "pre-authorized_code": grant["pre-authorized_code"] };
  if (grant.tx_code) access.tx_code = code;
  const given = await conversation.post(server.token_endpoint, { form: access });
  conversation.token = given.access_token;
  const { c_nonce: nonce } = await conversation.post(issuer.nonce_endpoint);
  const holder = await key();
  const proof = { aud: offer.credential_issuer, iat: seconds(), nonce };
  const jwt = [await signed("openid4vci-proof+jwt", proof, holder)];
  const wanted = { credential_configuration_id: offer.credential_configuration_ids[0], proofs: { jwt } };
  tell("Proved this wallet's key. Waiting for the credential …");
  let answer = await conversation.post(issuer.credential_endpoint, { json: wanted });
  while (answer.transaction_id) {
    tell("The claim issuer has not decided yet; this wallet asks again as long as the page is open.");
    const { transaction_id } = answer;
    await new Promise((done) => setTimeout(done, answer.interval * PATIENCE));
    answer = await conversation.post(issuer.deferred_credential_endpoint, { json: { transaction_id } });
  }
  if (answer.notification_id) {
    const notification = { notification_id: answer.notification_id, event: "credential_accepted" };
    await conversation.post(issuer.notification_endpoint, { json: notification });
  }
  return answer.credentials[0].credential;
}

function held(credential) {
  const [issued, ...disclosures] = credential.split("~");
  const { iss, sub, exp } = decoded(issued.split(".")[1]);
  const shown = disclosures.filter(Boolean).map((one) => decoded(one).slice(1));
  const facts = [["from", iss], ["for", sub], ["until", new Date(exp * 1000).toLocaleDateString(document.documentElement.lang)], ...shown];
  const list = document.createElement("dl");
  for (const [name, value] of facts) {
    const term = document.createElement("dt");
    const description = document.createElement("dd");
    term.textContent = String(name).replaceAll("_", " ");
    description.textContent = String(value);
    list.append(term, description);
  }
  return list;
}

function panel(link) {
  const place = document.createElement("section");
  place.className = "card test-wallet";
  place.lang = "en";
  place.innerHTML = `
    <h2>Test wallet</h2>
    <p>No wallet at hand? This one lives in this page and speaks the same protocol as a phone's (test mode).</p>
    <form>
      <p><label>Code from the mail <input name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6"></label>
      <a href="/demo/post" target="_blank" rel="noopener">Open the demo's post box</a></p>
      <p><button type="submit">Accept the offer</button></p>
    </form>
    <p role="status"></p>`;
  const [form, status] = [place.querySelector("form"), place.querySelector("[role=status]")];
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    place.dataset.atWork = "";
    try {
      const credential = await accept(link.href, form.elements.code.value.trim(), (words) => (status.textContent = words));
      status.textContent = "This wallet holds the credential now:";
      status.after(held(credential));
      form.remove();
    } catch (fault) {
      status.textContent = fault instanceof Refused ? fault.message : `It did not work: ${fault.message}`;
      button.disabled = false;
      delete place.dataset.atWork;
    }
  });
  return place;
}

const link = document.querySelector(`a[href^="${SCHEME}"]`);
if (link) (document.querySelector("[data-test-wallet]") ?? link.closest("section") ?? link).after(panel(link));
