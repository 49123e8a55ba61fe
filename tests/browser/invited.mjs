// Somebody opens an invitation, proves a wallet there, says who they are and sends the application; an officer then decides it.
//
// ``look`` names a folder for pictures and has axe look at every step.

import { run } from './harness.mjs';

await run(async (browser, { base, code, wallets, press, officer, answers, look }) => {
  const told = { axe: [] };
  const applicant = await browser.visit({ base, wallets });
  const page = applicant.page;
  await applicant.go(`/i/${code}`);
  told.heading = await page.getByRole('heading', { level: 1 }).innerText();
  await seen('1-prove', applicant);
  await page.click(`button[data-wallet-rdns="${press}"]`);
  await page.getByRole('button', { name: 'Send the application' }).waitFor();
  await seen('2-say', applicant);
  for (const [name, text] of Object.entries(answers.texts)) await page.locator(`input[name="${name}"]`).fill(text);
  await page.getByLabel('Country', { exact: true }).selectOption(answers.country);
  for (const label of answers.choices) await page.getByLabel(label).check();
  await page.getByRole('button', { name: 'Send the application' }).click();
  await page.getByText('The application has been sent').waitFor();
  await seen('3-wait', applicant);

  const desk = await browser.visit({ base });
  await desk.signIn(officer);
  await desk.go('/desk');
  await desk.page.getByRole('link', { name: 'Investor claim' }).last().click();
  told.caseHeading = await desk.page.getByRole('heading', { level: 1 }).innerText();
  await seen('4-case', desk);
  await desk.page.getByRole('button', { name: 'Approve and issue' }).click();
  await desk.page.getByText('Approved on').waitFor();
  await seen('5-approved', desk);

  // Nobody touches the applicant's page: it follows by itself.
  await page.getByText('Your claim is there').waitFor();
  told.issued = await page.locator('.steps').innerText();
  await seen('6-issued', applicant);
  return told;

  async function seen(name, visit) {
    if (!look) return;
    await visit.settle();
    await visit.everyLook(async (kind) => {
      await visit.picture(look, `${name}-${kind}`);
      told.axe.push(...(await visit.axe()).map((finding) => `${name} ${kind}: ${finding}`));
      const wide = await visit.overflow();
      if (wide > 0) told.axe.push(`${name} ${kind}: ${wide} pixels too wide`);
    });
  }
});
