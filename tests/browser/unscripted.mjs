// A visitor whose scripts are off plays these acts of the story; whoever waits presses "Refresh". Says when each act was over.

import { run } from './harness.mjs';

await run(async (browser, { base, acts }) => {
  const visit = await browser.visit({ base, javaScript: false });
  const { page } = visit;
  await visit.go('/demo');
  const told = { refreshed: 0, over: {}, alerts: [] };
  for (const label of acts) {
    await follow(page.getByRole('button', { name: label, exact: true }));
    const refresh = page.getByRole('link', { name: 'Refresh' });
    while (await refresh.count()) {
      await page.waitForTimeout(200);
      await follow(refresh);
      told.refreshed += 1;
    }
    told.over[label] = Date.now() / 1000;
    told.alerts.push(...(await page.getByRole('alert').allInnerTexts()));
  }
  told.scenes = await page.locator('main details > summary h2').count();
  told.claim = (await page.locator('#claim').innerText()).replace(/\s+/g, ' ');
  return told;

  async function follow(target) {
    await Promise.all([page.waitForEvent('load'), target.click()]);
  }
});
