// Somebody comes from a wallet's request to our page, signs in there with a browser wallet, and answers; the wallet app listens on
// this machine.
//
// ``request`` is the path that the wallet app opened, ``callback`` the address at which it listens, ``press`` the rdns of the browser
// wallet to choose, ``answer`` the name of the button to press at the end. ``looks`` names where pictures and axe are wanted:
// ``stranger``, ``signed-in``.

import { run } from './harness.mjs';

await run(async (browser, { base, out, request, callback, wallets, press, answer, looks = [] }) => {
  const visit = await browser.visit({ base, wallets, neighbours: [callback] });
  const { page } = visit;
  const told = { axe: [], overflow: [], texts: [] };
  const look = async (name) => {
    told.texts.push(await page.locator('main').innerText());
    if (!looks.includes(name)) return;
    await visit.everyLook(async (kind) => {
      await visit.picture(out, `${name}-${kind}`);
      told.axe.push(...(await visit.axe()).map((finding) => `${name} ${kind}: ${finding}`));
      told.overflow.push(await visit.overflow());
    });
  };
  await visit.go(request);
  const wallet = page.locator(`button[data-wallet-rdns="${press}"]`);
  await wallet.waitFor();
  await look('stranger');
  await wallet.click();
  await page.waitForSelector("header form[action='/sign-out']");
  const button = page.getByRole('button', { name: answer, exact: true });
  await button.waitFor();
  await look('signed-in');
  await button.click();
  await page.waitForURL(`${callback}**`);
  told.answered = page.url();
  return told;
});
