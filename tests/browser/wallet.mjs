// Browser wallets that announce themselves to pages (EIP-6963) and ask their key here, outside the page, as real ones do (EIP-1193).
//
// A wallet is { key, name, rdns, chainId, rpcUrl?, signsWith?, rejects? }: ``key`` is the private key, hexadecimal;
// ``signsWith`` another key that signs in its place; ``rejects`` the methods to which its owner says no;
// ``rpcUrl`` the node for transactions and for whatever the wallet does not answer itself.

import { privateKeyToAccount } from 'viem/accounts';

const REJECTED = [4001, 'User rejected the request.'];
const UNAUTHORIZED = [4100, 'The page has not been given this account.'];
const UNSUPPORTED = [4200, 'This wallet does not do that.'];

/** Let every page of the context find these wallets. */
export async function announce(context, wallets) {
  const keepers = new Map(wallets.map((wallet) => [wallet.rdns, new Wallet(wallet)]));
  await context.exposeBinding('askWallet', (_, rdns, method, params) => keepers.get(rdns).answer(method, params));
  const cards = wallets.map(({ name, rdns }, index) => ({
    name,
    rdns,
    uuid: `7d1f3a52-0c44-4b5e-9a3c-${String(index).padStart(12, '0')}`,
    icon: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="96" height="96"/></svg>',
  }));
  await context.addInitScript(install, cards);
}

/** The part inside the page; it is sent there as text and knows nothing of this file. */
function install(cards) {
  const details = cards.map((info) => {
    const listeners = new Map();
    const request = async ({ method, params = [] }) => {
      const { result, error, event } = await globalThis.askWallet(info.rdns, method, params);
      if (error) throw Object.assign(new Error(error.message), { code: error.code });
      if (event) for (const tell of listeners.get(event.name) ?? []) tell(event.data);
      return result;
    };
    const on = (name, tell) => listeners.set(name, [...(listeners.get(name) ?? []), tell]);
    const removeListener = (name, tell) => listeners.set(name, (listeners.get(name) ?? []).filter((one) => one !== tell));
    return Object.freeze({ info: Object.freeze(info), provider: Object.freeze({ request, on, removeListener }) });
  });
  const tell = () => {
    for (const detail of details) dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
  };
  addEventListener('eip6963:requestProvider', tell);
  tell();
}

/** One wallet: what it holds, and whether its owner has connected it to the page. */
class Wallet {
  constructor({ key, chainId, rpcUrl, signsWith = key, rejects = [] }) {
    this.address = privateKeyToAccount(key).address;
    this.signer = privateKeyToAccount(signsWith);
    this.chainId = chainId;
    this.rpcUrl = rpcUrl;
    this.rejects = new Set(rejects);
    this.connected = false;
  }

  /** What the wallet answers to a request of the page: { result } or { error: { code, message } }. */
  async answer(method, params) {
    if (this.rejects.has(method)) return refused(REJECTED);
    try {
      return await this.act(method, params);
    } catch (error) {
      return refused([error.code ?? -32603, error.details ?? error.shortMessage ?? error.message]);
    }
  }

  async act(method, params) {
    switch (method) {
      case 'eth_requestAccounts':
        this.connected = true;
        return { result: [this.address] };
      case 'eth_accounts':
        return { result: this.connected ? [this.address] : [] };
      case 'eth_chainId':
        return { result: `0x${this.chainId.toString(16)}` };
      case 'wallet_switchEthereumChain':
        this.chainId = Number(params[0].chainId);
        return { result: null, event: { name: 'chainChanged', data: params[0].chainId } };
      case 'personal_sign':
        return this.asOwner(params[1], () => this.signer.signMessage({ message: readable(params[0]) }));
      case 'eth_signTypedData_v4':
        return this.asOwner(params[0], () => this.signer.signTypedData(typedData(params[1])));
      case 'eth_sendTransaction':
        return this.asOwner(params[0].from, () => this.send(params[0]));
      default:
        return this.rpcUrl && method.startsWith('eth_') ? { result: await this.node(method, params) } : refused(UNSUPPORTED);
    }
  }

  async asOwner(address, act) {
    const mine = this.connected && address?.toLowerCase() === this.address.toLowerCase();
    return mine ? { result: await act() } : refused(UNAUTHORIZED);
  }

  async send({ to, data, value, gas }) {
    const { createWalletClient, defineChain, http } = await import('viem'); // large, and few tests send anything
    const chain = defineChain({
      id: this.chainId,
      name: 'the chain of the test',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [this.rpcUrl] } },
    });
    const client = createWalletClient({ account: this.signer, chain, transport: http(this.rpcUrl) });
    return client.sendTransaction({ to, data, value: quantity(value), gas: quantity(gas) });
  }

  async node(method, params) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const response = await fetch(this.rpcUrl, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    const { result, error } = await response.json();
    if (error) throw Object.assign(new Error(error.message), { code: error.code });
    return result;
  }
}

function refused([code, message]) {
  return { error: { code, message } };
}

/** Pages send the text as 0x and hex digits; wallets take plain text too. */
function readable(message) {
  return /^0x([0-9a-f]{2})*$/i.test(message) ? { raw: message } : message;
}

/** viem takes the domain's type from its fields, so the page's own EIP712Domain entry must go. */
function typedData(written) {
  const { types, ...rest } = typeof written === 'string' ? JSON.parse(written) : written;
  const { EIP712Domain: _, ...own } = types;
  return { ...rest, types: own };
}

function quantity(written) {
  return written === undefined ? undefined : BigInt(written);
}
