// The holder's own page: opens "Cancel this right", lets the wallet send the transaction, and waits until the page no longer shows it.

import { run } from './harness.mjs';

await run(async (browser, { base, wallet, other, spender }) => {
  const visit = await browser.visit({ base, wallets: [other, wallet] });
  await visit.signIn(wallet.key, wallet.chainId);
  await visit.go('/my-claims');
  const card = visit.page.locator('section.card', { hasText: spender });
  const before = await card.locator('h3').innerText();
  await card.getByText('Cancel this right').click();
  const axe = await visit.axe();
  const names = () => card.locator('.wallets button').allInnerTexts();
  const unconnected = await names();
  await card.locator(`button[data-wallet-rdns="${other.rdns}"]`).click();
  const alert = card.getByRole('alert');
  await alert.waitFor();
  const wrong = { said: await alert.innerText(), isAbove: (await alert.boundingBox()).y < (await card.locator('.wallets').boundingBox()).y };
  await visit.page.evaluate(connect, wallet.rdns);
  await visit.go('/my-claims');
  await card.getByText('Cancel this right').click();
  await visit.page.waitForFunction((name) => document.querySelector('.wallets button')?.innerText === name, wallet.name);
  const connected = await names();
  await card.locator(`button[data-wallet-rdns="${wallet.rdns}"]`).click();
  await visit.page.waitForURL('**/my-claims', { waitUntil: 'load' });
  for (let tries = 0; tries < 40 && (await card.count()) > 0; tries += 1) {
    await visit.page.waitForTimeout(250);
    await visit.go('/my-claims');
  }
  return { before, axe, unconnected, wrong, connected, left: await card.count() };
});

/** In the page: what a wallet's owner does once on another page of this site. */
function connect(rdns) {
  return new Promise((connected) => {
    addEventListener('eip6963:announceProvider', ({ detail }) => {
      if (detail.info.rdns === rdns) connected(detail.provider.request({ method: 'eth_requestAccounts' }));
    });
    dispatchEvent(new Event('eip6963:requestProvider'));
  });
}
