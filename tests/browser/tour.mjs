// A tour of pages: each at phone and desktop width, light and dark, with a picture and axe's findings for every look.
//
// Against a running service: node tests/browser/tour.mjs --base http://127.0.0.1:8080 --out .demo/pictures --paths /problems,/my-claims@6
// A path with @N is seen signed in with account N of the development chain's well-known mnemonic. The exit code is 1 when a
// page has a fault.

import { parseArgs } from 'node:util';
import { mnemonicToAccount } from 'viem/accounts';
import { Browser, run } from './harness.mjs';

const MNEMONIC = 'test test test test test test test test test test test junk';
// What Swagger UI draws comes from its package and is shown as it is: axe finds weak contrast and small targets in it.
const NOT_OURS = { '/docs': ['#swagger-ui'] };
const DEFAULT_PATHS = ['/', '/sign-in', '/docs', '/problems', '/problems/grant_missing'];

/** Look at every stop: { path, key?, wallets?, cookies?, until?, name? }; gives for each its status, pictures, axe findings, overflow
 * and faults. ``key`` signs in first, ``until`` is a selector to wait for. */
export async function tour(browser, { base, out, chain = 31337, stops }) {
  const seen = [];
  for (const stop of stops) seen.push(await look(browser, { base, out, chain, ...stop }));
  return seen;
}

async function look(browser, { base, out, chain, path, key, wallets, cookies, until = 'body', name = fileName(path) }) {
  const before = browser.faults.length;
  const visit = await browser.visit({ base, wallets, cookies });
  if (key) await visit.signIn(key, chain);
  const stop = { path, status: await visit.go(path), at: '', title: await visit.page.title(), pictures: [], axe: [], overflow: {} };
  await visit.page.waitForSelector(until);
  await visit.settle();
  const { pathname, search } = new URL(visit.page.url());
  stop.at = pathname + search;
  await visit.everyLook(async (kind) => {
    stop.pictures.push(await visit.picture(out, `${name}-${kind}`));
    stop.axe.push(...(await visit.axe({ exclude: NOT_OURS[path] })).map((finding) => `${kind}: ${finding}`));
    stop.overflow[kind] = await visit.overflow();
  });
  await visit.close();
  return { ...stop, faults: browser.faults.slice(before) };
}

function fileName(path) {
  return path.replace(/[^a-z0-9]+/gi, '_').replace(/^_|_$/g, '') || 'home';
}

function stopOf(written) {
  const [path, account] = written.split('@');
  if (account === undefined) return { path };
  const key = mnemonicToAccount(MNEMONIC, { addressIndex: Number(account) }).getHdKey().privateKey;
  return { path, key: `0x${Buffer.from(key).toString('hex')}`, name: `${fileName(path)}-as-${account}` };
}

async function fromCommandLine() {
  const options = { base: { type: 'string' }, out: { type: 'string', default: '.demo/pictures' }, paths: { type: 'string' } };
  const { values } = parseArgs({ options });
  const paths = values.paths?.split(',') ?? DEFAULT_PATHS;
  const browser = await Browser.open();
  const seen = await tour(browser, { base: values.base, out: values.out, stops: paths.map(stopOf) }).finally(() => browser.close());
  for (const stop of seen) {
    const sideways = Object.entries(stop.overflow).filter(([, pixels]) => pixels > 0);
    console.log(`${stop.status} ${stop.path}${stop.at === stop.path ? '' : ` (led to ${stop.at})`}: ${stop.pictures.length} pictures`);
    for (const line of [...stop.faults, ...byFinding(stop.axe)]) console.log(`  ${line}`);
    for (const [kind, pixels] of sideways) console.log(`  ${kind}: ${pixels} pixels too wide`);
    if (stop.faults.length + stop.axe.length + sideways.length > 0) process.exitCode = 1;
  }
}

/** Each finding once, with the looks that have it. */
function byFinding(lines) {
  const looks = new Map();
  for (const [, look, finding] of lines.map((line) => line.match(/^([^:]+): (.*)$/s))) {
    looks.set(finding, [...(looks.get(finding) ?? []), look]);
  }
  return [...looks].map(([finding, found]) => `${found.join(', ')}: ${finding}`);
}

if (process.argv.length > 2) await fromCommandLine();
else await run(async (browser, given) => ({ seen: await tour(browser, given) }));
