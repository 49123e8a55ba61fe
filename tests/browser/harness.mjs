// What a script of these tests needs: visits that write down every fault, axe, pictures, and the way to the Python that started it.
//
//   import { run } from './harness.mjs';
//   await run(async (browser, { base }) => {
//     const visit = await browser.visit({ base });
//     await visit.go('/problems');
//     return { title: await visit.page.title(), broken: await visit.axe() };
//   });

import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { privateKeyToAccount } from 'viem/accounts';
import { launch } from './chromium.mjs';
import { announce } from './wallet.mjs';

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 900 };
const SIZES = { phone: PHONE, desktop: DESKTOP };
const SCHEMES = ['light', 'dark'];
const WCAG_22_AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const PATIENCE = 15_000;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let served; // what the runner has for the script that runs now

/** Run ``act(browser, arguments)`` with the JSON object on standard input; its result and all faults go out as JSON. */
export async function run(act) {
  if (served) {
    served.said = await acted(act, new Browser(served.chromium, { shared: true }), served.given);
    return;
  }
  const given = JSON.parse(await text(process.stdin));
  process.stdout.write(JSON.stringify(await acted(act, await Browser.open(), given)));
}

/** What the script that ``start`` starts has to say, when it runs in this browser with these arguments. */
export async function serve(chromium, given, start) {
  served = { chromium, given };
  try {
    await start();
  } catch (error) {
    return { error: String(error.stack ?? error), faults: [], console: [] };
  }
  return served.said;
}

async function acted(act, browser, given) {
  let ended;
  try {
    ended = { result: (await act(browser, given)) ?? {} };
  } catch (error) {
    ended = { error: String(error.stack ?? error) };
  } finally {
    await browser.close();
  }
  return { ...ended, faults: browser.faults, console: browser.console };
}

/** One browser; every visit is a person of its own, with cookies, wallets and size of its own. */
export class Browser {
  constructor(chromium, { shared = false } = {}) {
    Object.assign(this, { chromium, shared, contexts: [] });
    this.faults = [];
    this.console = [];
  }

  static async open() {
    return new Browser(await launch());
  }

  /**
   * A new person at the service at ``base``. ``wallets`` are what their browser has installed (see wallet.mjs); ``neighbours`` the
   * addresses of other sites on this machine that they may visit too.
   */
  async visit({ base, neighbours = [], wallets = [], cookies = [], size = DESKTOP, scheme = 'light', javaScript = true }) {
    const context = await this.chromium.newContext({
      baseURL: base,
      viewport: size,
      colorScheme: scheme,
      javaScriptEnabled: javaScript,
      reducedMotion: 'reduce',
      serviceWorkers: 'block',
    });
    this.contexts.push(context);
    context.setDefaultTimeout(PATIENCE);
    await context.addCookies(cookies.map((cookie) => ({ url: base, ...cookie })));
    const homes = [base, ...neighbours].map((url) => new URL(url).origin);
    await keepHome(context, homes);
    const visit = new Visit(this, context, await context.newPage(), { base, homes });
    await visit.watch();
    await announce(context, wallets);
    return visit;
  }

  /** End every visit, and the browser itself unless others use it too. */
  async close() {
    await Promise.all(this.contexts.map((context) => context.close()));
    if (!this.shared) await this.chromium.close();
  }
}

/** A person's page. ``page`` and ``context`` are playwright's own. */
class Visit {
  constructor(browser, context, page, { base, homes }) {
    Object.assign(this, { browser, context, page, base, homes });
  }

  /** Go to a path and wait until it is loaded; gives the HTTP status. */
  async go(path) {
    const response = await this.page.goto(path, { waitUntil: 'load' });
    return response.status();
  }

  /** Wait until the page has asked for nothing for half a second; a page that polls more often is given three seconds. */
  async settle() {
    await this.page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => {});
  }

  /** A session for the account of this private key, by the two requests that the sign-in page makes. */
  async signIn(key, chain = 31337) {
    const signer = privateKeyToAccount(key);
    const { message } = await this.#posted('/v1/account-proofs/challenges', { account: `eip155:${chain}:${signer.address}` });
    await this.#posted('/session', { message, signature: await signer.signMessage({ message }) });
  }

  async #posted(path, data) {
    const answer = await this.context.request.post(path, { data, headers: { Origin: new URL(this.base).origin } });
    if (!answer.ok()) throw new Error(`POST ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  }

  /** What axe-core finds against WCAG 2.2 AA, each finding as one line; ``exclude`` takes selectors of what is not ours. */
  async axe({ exclude = [] } = {}) {
    await this.page.evaluate(await readFile(AXE, 'utf8'));
    const found = await this.page.evaluate(
      ({ tags, exclude }) => globalThis.axe.run({ include: [['html']], exclude: exclude.map((one) => [one]) }, { runOnly: tags }),
      { tags: WCAG_22_AA, exclude },
    );
    return found.violations.flatMap((rule) =>
      rule.nodes.map((node) => `${rule.id} at ${node.target.join(' ')}: ${node.failureSummary} ${node.html}`),
    );
  }

  /** Do something at phone and desktop width, light and dark; ``act`` is given a name such as ``phone-dark``. */
  async everyLook(act) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const scheme of SCHEMES) {
        await this.page.setViewportSize(viewport);
        await this.page.emulateMedia({ colorScheme: scheme });
        await act(`${size}-${scheme}`);
      }
    }
  }

  /** A picture of the whole page; gives the file's path. */
  async picture(folder, name) {
    const file = path.join(folder, `${name}.png`);
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: file, fullPage: true, animations: 'disabled' });
    return file;
  }

  /** How many pixels the page is wider than the window: anything above 0 makes people scroll sideways. */
  async overflow() {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  async close() {
    await this.context.close();
  }

  /** Write down whatever a page should not do. */
  async watch() {
    await this.context.exposeBinding('reportViolation', (_, text) => this.fault(`CSP: ${text}`));
    await this.context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        globalThis.reportViolation(`${event.effectiveDirective} forbids ${event.blockedURI} at ${event.sourceFile ?? ''}:${event.lineNumber}`);
      });
    });
    this.context.on('console', (message) => {
      const line = `${message.type()}: ${message.text()} (${message.location().url})`;
      this.browser.console.push(line);
      if (['error', 'warning'].includes(message.type())) this.fault(`console ${line}`);
    });
    this.context.on('weberror', (error) => this.fault(`script: ${error.error().stack ?? error.error()}`));
    this.context.on('request', (request) => {
      if (!isHome(request.url(), this.homes)) this.fault(`request leaves the service: ${request.method()} ${request.url()}`);
    });
    this.context.on('requestfailed', (request) => {
      const cause = request.failure()?.errorText;
      // A page that is left drops what it was still loading; that is no fault.
      if (cause !== 'net::ERR_ABORTED') this.fault(`request failed: ${request.method()} ${request.url()} ${cause}`);
    });
    this.context.on('response', (response) => {
      if (response.status() >= 400) {
        this.fault(`answer ${response.status()}: ${response.request().method()} ${new URL(response.url()).pathname}`);
      }
    });
  }

  fault(text) {
    this.browser.faults.push(`${new URL(this.page.url(), this.base).pathname}: ${text}`);
  }
}

/** Refuse what is not for these sites; redirects pass by here unseen, but the browser's dead proxy stops those. */
async function keepHome(context, homes) {
  await context.route((url) => !isHome(url.href, homes), (route) => route.abort('blockedbyclient'));
  await context.routeWebSocket(/.*/, (socket) => socket.close());
}

function isHome(url, homes) {
  const { protocol, origin } = new URL(url);
  return ['data:', 'blob:', 'about:'].includes(protocol) || homes.includes(origin);
}
