// The demo's own wallet for credentials, as a visitor uses it: the story up to the claim, then the client's offer, the code from the
// post box, and the claim in the wallet.

import { DESKTOP, PHONE, run } from './harness.mjs';
import { press } from './playing.mjs';

const STORY = [
  ['Look at the public table'],
  ['Read it as the regulator', 'A general meeting: nobody granted it'],
  ['Read it as the regulator', 'Supervision: a statute grants it'],
  ['Invite the client'],
  ['Let the test wallet accept'],
  ['Approve the application'],
];

await run(async (browser, { base, out }) => {
  const visit = await browser.visit({ base, size: DESKTOP });
  const { page } = visit;
  await visit.go('/demo');
  for (const [label, choice] of STORY) await press(page, label, choice);
  await page.getByRole('button', { name: 'Iris, a client' }).click();
  await visit.go('/my-claims');
  await page.locator('form[action="/wallet"] button').first().click();
  await page.getByRole('heading', { name: 'Test wallet' }).waitFor();
  const axe = await visit.axe();
  await visit.picture(out, 'wallet-offered');

  const asked = page.getByLabel('Code from the mail');
  await asked.fill('000000');
  await page.getByRole('button', { name: 'Accept the offer' }).click();
  const refused = await page.locator('.test-wallet [role=status]').filter({ hasText: /code/ }).innerText();

  const post = await page.context().newPage();
  let code;
  for (let tries = 0; !code && tries < 50; tries += 1) {
    await post.goto('/demo/post');
    code = (await post.locator('main').innerText()).match(/\b\d{6}\b/)?.[0];
  }
  await post.screenshot({ path: `${out}/post-box.png` });
  await post.close();
  await asked.fill(code);
  await page.getByRole('button', { name: 'Accept the offer' }).click();
  await page.getByText('This wallet holds the credential now').waitFor();
  const held = await page.locator('.test-wallet dl').innerText();
  await page.getByText('You are done here').first().waitFor();
  axe.push(...(await visit.axe()));
  await visit.picture(out, 'wallet-holds');
  await page.setViewportSize(PHONE);
  await visit.picture(out, 'wallet-holds-phone');
  const overflow = await visit.overflow();
  await visit.close();
  return { axe, refused, held, overflow };
});
