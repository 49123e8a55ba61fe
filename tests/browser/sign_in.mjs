// Somebody opens a page that leads to sign-in, chooses a wallet, and perhaps signs out again.
//
// ``press`` is the rdns of the wallet to choose; ``leave`` signs out afterwards; ``neighbour`` is the address of another site on
// this machine that the person visits once signed in.

import { run } from './harness.mjs';

await run(async (browser, { base, path = '/sign-in', wallets = [], press, leave = false, neighbour }) => {
  const visit = await browser.visit({ base, wallets, neighbours: neighbour ? [neighbour] : [] });
  await visit.go(path);
  const told = await seen(visit);
  if (press) {
    await visit.page.click(`button[data-wallet-rdns="${press}"]`);
    await Promise.race([visit.page.waitForURL((url) => url.pathname !== '/sign-in'), alert(visit).waitFor()]);
    await visit.page.waitForLoadState();
    told.chosen = await seen(visit);
    told.cookies = await visit.context.cookies();
    told.cookieInScripts = await visit.page.evaluate(() => document.cookie);
  }
  if (neighbour) {
    await visit.page.goto(neighbour, { waitUntil: 'load' });
    await visit.page.waitForURL(`${base}/**`);
    told.sentByNeighbour = await visit.page.locator('body').innerText();
    await visit.go('/');
    told.afterNeighbour = await seen(visit);
  }
  if (leave) {
    await visit.page.getByRole('button', { name: 'Sign out' }).click();
    await visit.page.waitForURL(`${base}/`);
    told.left = await seen(visit);
    told.cookiesLeft = await visit.context.cookies();
  }
  return told;
});

/** What the person sees now; a page without a wallet says so after a while. */
async function seen(visit) {
  const { page } = visit;
  const buttons = page.locator('button[data-wallet-rdns]');
  const advice = page.getByText('No wallet was found');
  if (new URL(page.url()).pathname === '/sign-in') await buttons.or(advice).first().waitFor();
  return {
    at: page.url().slice(visit.base.length),
    heading: await page.getByRole('heading', { level: 1 }).innerText(),
    header: await page.locator('header').innerText(),
    signOut: await page.locator('header form[method=post][action="/sign-out"] button').count(),
    buttons: await buttons.evaluateAll((found) => found.map((one) => [one.dataset.walletRdns, one.innerText.trim()])),
    advice: await advice.count(),
    alert: (await alert(visit).count()) ? await alert(visit).innerText() : '',
  };
}

function alert(visit) {
  return visit.page.locator('[role=alert]:visible');
}
