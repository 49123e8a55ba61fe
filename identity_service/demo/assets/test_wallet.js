// The demo's test wallets, announced like any browser wallet (EIP-6963), so the pages need to know nothing of them.
// Their keys are well-known development keys; the local chain signs for them.

async function ask(path, content) {
  const sent = content && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
  const answer = await fetch(path, { headers: { Accept: "application/json" }, credentials: "same-origin", ...sent });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.detail ?? said.title), { code: -32000 });
  return said;
}

function provider(wallet) {
  return { request: async ({ method, params = [] }) => (await ask("/demo/rpc", { wallet, method, params })).result };
}

const wallets = await ask("/demo/wallets").catch(() => []);
const details = wallets.map(({ wallet, name }) =>
  Object.freeze({ info: { uuid: `test-wallet-${wallet}`, name, icon: "", rdns: `test.wallet.${wallet}` }, provider: provider(wallet) }),
);
const announce = () => details.forEach((detail) => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail })));
window.addEventListener("eip6963:requestProvider", announce);
announce();
