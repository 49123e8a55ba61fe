// An office invites many at once: pastes a list, sees what would happen, corrects it, sends it, follows it and prints its codes;
// one client gives the allowance that the list asks for. axe looks at each page; ``look`` names a folder for pictures of every look.

import { run } from './harness.mjs';

await run(async (browser, { base, look, office, client, list, corrected, press }) => {
  const seen = { axe: [], overflow: [] };
  const found = async (visit, name) => {
    seen.axe.push(...(await visit.axe()).map((finding) => `${name}: ${finding}`));
    seen.overflow.push(await visit.overflow());
  };
  const lookAt = async (visit, name) => {
    if (!look) return found(visit, name);
    await visit.everyLook(async (kind) => {
      await visit.picture(look, `${name}-${kind}`);
      await found(visit, `${name} ${kind}`);
    });
  };

  const visit = await browser.visit({ base });
  await visit.signIn(office, client.chainId);
  await visit.go('/invitations/batches/new');
  const page = visit.page;
  await page.getByLabel('Or paste its lines').fill(list);
  await page.getByRole('button', { name: 'Check the list' }).click();
  seen.trial = await page.getByRole('status').innerText();
  await page.getByText('The rows that can be sent').click();
  await lookAt(visit, 'trial');
  await page.getByLabel('Or paste its lines').fill(corrected);
  await page.getByRole('button', { name: 'Check again' }).click();
  await page.getByRole('button', { name: /^Send / }).click();
  await page.waitForURL(/batches\/bat_/);
  const batch = new URL(page.url()).pathname;
  await lookAt(visit, 'batch');
  await visit.go(`${batch}/cards`);
  seen.cards = await page.locator('.cards svg').count();
  await lookAt(visit, 'cards');
  await visit.go('/invitations/batches');
  await lookAt(visit, 'batches');
  await visit.go(batch);
  await page.getByRole('link', { name: 'client-1', exact: true }).click();
  const path = await page.getByRole('textbox', { name: 'Link' }).inputValue();
  await visit.go(batch);

  const other = await browser.visit({ base, wallets: [client] });
  await other.signIn(client.key, client.chainId);
  await other.go(`${new URL(path).pathname}/go-on`);
  const section = other.page.locator('#allowance');
  seen.asked = await section.innerText();
  await section.locator('summary').first().click();
  await section.locator(`button[data-wallet-rdns="${press}"]`).waitFor();
  await lookAt(other, 'asked');
  await section.locator(`button[data-wallet-rdns="${press}"]`).click();
  await other.page.locator('#allowance .notice.good').waitFor();
  seen.given = await section.locator('.notice.good').innerText();
  await lookAt(other, 'given');

  await page.getByText('wallet proved').first().waitFor();
  seen.office = await page.locator('table').innerText();
  return seen;
});
