// An intermediary fills in an order, reads it, signs it with the wallet of its browser, and sees what became of it.

import { run } from './harness.mjs';

await run(async (browser, { base, wallets, press, key, texts, look }) => {
  const told = { axe: [] };
  const office = await browser.visit({ base, wallets });
  const page = office.page;
  await office.signIn(key);
  await office.go('/orders/new');
  await seen('1-new');
  for (const [label, text] of Object.entries(texts)) await page.getByLabel(label).fill(text);
  await page.getByRole('button', { name: 'Read it before signing' }).click();
  await page.locator(`button[data-wallet-rdns="${press}"]`).waitFor();
  told.review = await page.locator('main').innerText();
  await seen('2-review');
  await page.click(`button[data-wallet-rdns="${press}"]`);
  await page.waitForURL((url) => url.pathname !== '/orders/new');
  await page.waitForLoadState();
  told.at = page.url().slice(base.length);
  told.after = await page.locator('main').innerText();
  await seen('3-after');
  await office.go('/orders');
  told.list = await page.locator('main').innerText();
  await seen('4-list');
  return told;

  async function seen(name) {
    if (!look) return;
    await office.settle();
    await office.everyLook(async (kind) => {
      await office.picture(look, `${name}-${kind}`);
      told.axe.push(...(await office.axe()).map((finding) => `${name} ${kind}: ${finding}`));
      const wide = await office.overflow();
      if (wide > 0) told.axe.push(`${name} ${kind}: ${wide} pixels too wide`);
    });
  }
});
