// Three people play what the story's buttons would do for them: an investor with the demo's test wallet, an officer and a regulator who
// come in through the role switcher. The story's page, in a fourth browser, goes on from what they did. ``look`` names a folder for pictures.

import { run } from './harness.mjs';
import { press, scene } from './playing.mjs';

await run(async (browser, { base, token, look }) => {
  const told = {};
  const story = await browser.visit({ base });
  await story.go('/demo');
  for (const label of ['Look at the public table', 'Read it as the regulator', 'Invite the client']) await press(story.page, label);
  const link = story.page.getByRole('link', { name: 'Open the invitation in this browser' });
  const invitation = new URL(await link.getAttribute('href')).pathname;

  const investor = await browser.visit({ base });
  const page = investor.page;
  await investor.go(invitation);
  const wallet = page.getByRole('button', { name: 'Test wallet: Iris Calloway' });
  await wallet.waitFor();
  told.wallets = await page.locator('button[data-wallet-rdns]').allInnerTexts();
  await seen('1-invitation', investor);
  await wallet.click();
  await page.getByLabel('Full legal name').fill('Iris Calloway');
  await page.getByLabel('Country', { exact: true }).selectOption('CH');
  await page.locator('input[name="attributes.classification"][value="professional"]').check();
  await page.locator('input[name="consent"]').check();
  await seen('2-form', investor);
  await page.getByRole('button', { name: 'Send the application' }).click();
  await page.locator('[data-live]').getByText('The application has been sent').waitFor();
  told.waiting = await page.locator('main').innerText();
  await seen('3-waiting', investor);

  await press(story.page, 'Let the test wallet accept');
  told.accepted = await scene(story.page, 'claim');

  const officer = await arrive('Claim issuer', 'Desk');
  await officer.page.getByRole('link', { name: 'Investor claim' }).click();
  told.caseHeading = await officer.page.getByRole('heading', { level: 1 }).innerText();
  await seen('4-case', officer);
  await officer.page.getByRole('button', { name: 'Approve and issue' }).click();
  await officer.page.getByText('Approved on').waitFor();

  // Nobody touches the investor's page: it follows by itself.
  await page.getByText('Your claim is there').waitFor();
  told.issued = await page.locator('main').innerText();
  await seen('5-issued', investor);

  for (const label of ['Approve the application', 'Put the claim on chain', 'Approve 500 to Meridian']) await press(story.page, label);
  told.played = await scene(story.page, 'claim');
  for (const label of ['Sign an order for 1 000 and send it to DX', 'Mint for the order', 'Distribute 400 to Iris']) await press(story.page, label);

  const regulator = await arrive('Regulator', 'Cap tables');
  await regulator.go(`/cap-tables/${token}?purpose=supervision`);
  told.before = await row(regulator);

  await investor.go('/my-claims');
  const right = page.locator('section.card', { hasText: 'Cancel this right' });
  told.right = await right.innerText();
  await right.getByText('Cancel this right').click();
  await seen('6-cancel', investor);
  await Promise.all([page.waitForEvent('load'), right.getByRole('button', { name: 'Test wallet: Iris Calloway' }).click()]);
  for (let tries = 0; tries < 40 && (await right.count()) > 0; tries += 1) {
    await page.waitForTimeout(100); // the register follows the chain a moment later
    await page.reload();
  }
  told.cancelled = await page.locator('main').innerText();
  await regulator.page.reload();
  told.after = await row(regulator);
  return told;

  /** Somebody who takes a role in the bar above the story, and then follows the navigation. */
  async function arrive(role, link) {
    const visit = await browser.visit({ base });
    await visit.go('/demo');
    await visit.page.getByRole('group', { name: 'Look around as' }).getByRole('button', { name: role }).click();
    await visit.page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: link }).click();
    await visit.page.waitForLoadState();
    return visit;
  }

  async function row(visit) {
    const text = await visit.page.locator('table.stack tr', { hasText: 'Iris Calloway' }).innerText();
    return text.replace(/\s+/g, ' ');
  }

  async function seen(name, visit) {
    if (look) await visit.everyLook((kind) => visit.picture(look, `${name}-${kind}`));
  }
});
