// A holder's tokens: with scripts the page asks the chain once, by itself; without them there is a link. ``look`` names a folder for
// pictures.

import { run } from './harness.mjs';

await run(async (browser, { base, secret, chain, look }) => {
  const told = {};
  const visit = await browser.visit({ base });
  await visit.signIn(secret, chain);
  const asked = [];
  visit.context.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await visit.go('/my-claims');
  const place = visit.page.locator('[data-live="/my-claims/tokens"]');
  await place.getByText('You may hold').waitFor();
  told.scripted = await place.innerText();
  told.axe = await visit.axe();
  told.sideways = {};
  await visit.everyLook(async (kind) => {
    told.sideways[kind] = await visit.overflow();
    if (look) await visit.picture(look, `my-claims-${kind}`);
  });
  await visit.page.waitForTimeout(1500);
  told.times = asked.filter((path) => path === '/my-claims/tokens').length;

  const plain = await browser.visit({ base, javaScript: false });
  await plain.signIn(secret, chain);
  await plain.go('/my-claims');
  told.unscripted = await plain.page.locator('[data-live="/my-claims/tokens"]').innerText();
  await Promise.all([plain.page.waitForEvent('load'), plain.page.getByRole('link', { name: 'Ask now' }).click()]);
  told.answered = await plain.page.locator('main').innerText();
  if (look) await plain.everyLook((kind) => plain.picture(look, `my-claims-tokens-${kind}`));
  return told;
});
