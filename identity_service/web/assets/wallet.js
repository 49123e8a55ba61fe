// The browser wallet: found by EIP-6963, asked by EIP-1193. It signs in, signs orders and sends transactions; nothing else.
//
//   <section data-wallet-sign-in data-chain="eip155:1" data-next="/my-claims">   a list of wallets; choosing one signs in
//   <form data-wallet-order>                                                     signs the typed data in [data-typed-data], then sends the form
//   <form data-wallet-send data-chain data-from data-to data-call-data>          sends one transaction, waits for it, reloads
//
// Each of them shows its wallets in [data-wallet-list] and its troubles in [data-wallet-alert].

import { say } from "./words.js";

const REJECTED = 4001; // EIP-1193
const FOLLOWING = 3000; // our register reads the block after the wallet's node has it
const wallets = new Map();

function announced(event) {
  const { info, provider } = event.detail ?? {};
  if (!info?.uuid || !provider || wallets.has(info.uuid)) return;
  const wallet = { info, provider, shared: [] };
  wallets.set(info.uuid, wallet);
  showAll();
  if (document.querySelector("[data-from]")) learnShared(wallet);
}

async function learnShared(wallet) {
  // This method never prompts: a wallet that knows this site names the accounts it shares already, any other none.
  wallet.shared = (await wallet.provider.request({ method: "eth_accounts" }).catch(() => [])) ?? [];
  if (wallet.shared.length) showAll();
}

function showAll() {
  document.querySelectorAll("[data-wallet-list]").forEach(show);
}

function show(list) {
  const place = list.closest("[data-wallet-sign-in], [data-wallet-order], [data-wallet-send]");
  const none = place.querySelector("[data-wallet-none]");
  if (none) none.hidden = wallets.size > 0;
  list.replaceChildren(...[...wallets.values()].sort(fittingFirst(place.dataset.from)).map((wallet) => entry(place, wallet)));
}

const fittingFirst = (wanted) => (one, other) =>
  Number(shares(other.shared, wanted)) - Number(shares(one.shared, wanted)) || one.info.name.localeCompare(other.info.name);

const shares = (accounts, wanted) => accounts.some((one) => one.toLowerCase() === wanted?.toLowerCase());

function entry(place, wallet) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.walletRdns = wallet.info.rdns;
  if (/^\/(?!\/)/.test(wallet.info.icon ?? "")) {
    const icon = document.createElement("img");
    icon.src = wallet.info.icon; // only pictures of our own site: the page's policy forbids the rest
    icon.alt = "";
    button.append(icon);
  }
  button.append(wallet.info.name);
  button.addEventListener("click", () => act(place, wallet.provider, button));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

async function act(place, provider, button) {
  alertIn(place, "");
  button.disabled = true;
  try {
    if ("walletSignIn" in place.dataset) await signIn(place, provider);
    else if ("walletOrder" in place.dataset) await signOrder(place, provider);
    else await sendTransaction(place, provider);
  } catch (error) {
    alertIn(place, sentence(error));
  } finally {
    button.disabled = false;
  }
}

async function signIn(place, provider) {
  const account = `${place.dataset.chain}:${await chosenAccount(provider)}`;
  const { message } = await post("/v1/account-proofs/challenges", { account });
  const signature = await provider.request({ method: "personal_sign", params: [hex(message), account.split(":").pop()] });
  await post("/session", { message, signature });
  window.location.assign(place.dataset.next);
}

async function signOrder(form, provider) {
  const typed = form.querySelector("[data-typed-data]").textContent;
  const wanted = form.dataset.from;
  await requireAccount(provider, wanted);
  form.elements.signature.value = await provider.request({ method: "eth_signTypedData_v4", params: [wanted, typed] });
  form.submit();
}

async function sendTransaction(place, provider) {
  const { from, to, callData, chain } = place.dataset;
  await requireAccount(provider, from);
  await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId: quantity(chain) }] }).catch(unlessUnsupported);
  const hash = await provider.request({ method: "eth_sendTransaction", params: [{ from, to, data: callData, value: "0x0" }] });
  alertIn(place, say("Sent. Waiting until it is in a block …"), true);
  await mined(provider, hash);
  alertIn(place, say("Done on chain. This page follows in a moment …"), true);
  await pause(FOLLOWING);
  window.location.reload();
}

function unlessUnsupported(error) {
  if (error?.code === REJECTED) throw error; // a wallet with a single chain does not know the method: the transaction itself will tell
}

async function chosenAccount(provider) {
  const [address] = await provider.request({ method: "eth_requestAccounts" });
  if (!/^0x[0-9a-fA-F]{40}$/.test(address ?? "")) throw new Error(say("The wallet shares no account with this site. Choose one there and try again."));
  return address;
}

async function requireAccount(provider, wanted) {
  const shared = await provider.request({ method: "eth_requestAccounts" });
  if (shares(shared, wanted)) return;
  const [needed, other] = [short(wanted), shared.length ? short(shared[0]) : ""];
  if (!other) throw new Error(say("This needs the wallet address %(needed)s. Choose another wallet, or that account in this one, and try again.", { needed }));
  throw new Error(say("This needs the wallet address %(needed)s, and this wallet shares %(other)s. Choose another wallet, or that account in this one, and try again.", { needed, other }));
}

async function mined(provider, hash) {
  for (let tries = 0; tries < 90; tries += 1) {
    const receipt = await provider.request({ method: "eth_getTransactionReceipt", params: [hash] });
    if (receipt?.status === "0x1") return;
    if (receipt) throw new Error(say("The contract refused the transaction; nothing has changed."));
    await pause(1000);
  }
  throw new Error(say("The transaction is still waiting for a block. Look again later."));
}

async function post(path, content) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(content), credentials: "same-origin" });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error([said.detail ?? said.title, said.advice].filter(Boolean).join(" — ") || say("The service did not answer. Try again."));
  return said;
}

function sentence(error) {
  if (error?.code === REJECTED) return say("You declined in the wallet. Nothing was signed; choose the wallet again when you are ready.");
  return error?.message || say("The wallet did not answer. Unlock it and try again.");
}

function alertIn(place, text, calm = false) {
  const alert = place.querySelector("[data-wallet-alert]");
  alert.hidden = !text;
  alert.textContent = text;
  alert.classList.toggle("notice", calm);
  alert.classList.toggle("alert", !calm);
}

const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));
const short = (address) => `${address.slice(0, 8)}…${address.slice(-6)}`;
const hex = (text) => "0x" + [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const quantity = (chain) => "0x" + Number(chain.split(":")[1]).toString(16);

window.addEventListener("eip6963:announceProvider", announced);
window.dispatchEvent(new Event("eip6963:requestProvider"));
document.querySelectorAll("[data-wallet-none]").forEach((place) => (place.hidden = wallets.size > 0)); // without a script nothing looks for wallets
setTimeout(() => {
  if (wallets.size) return;
  document.querySelectorAll("[data-wallet-none]").forEach((place) => {
    place.textContent = say("No wallet was found. Install a browser wallet, or open this page in your wallet's own browser, then load the page again.");
  });
}, 1500);
