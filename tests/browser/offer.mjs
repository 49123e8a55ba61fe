// The page of a credential offer: each of its states in both languages, and one visit during which a wallet app does its part.
//
// ``states`` are { name, path, key, says, looks }; a look is a language, a width and a scheme, such as de-phone-dark.
// ``watched`` is { path, key, milestones }: the page is opened once and never touched; for each milestone { name, says } that it
// shows, a file of that name is written into ``out``, for whoever plays the wallet app.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DESKTOP, PHONE, run } from './harness.mjs';

const SIZES = { phone: PHONE, desktop: DESKTOP };

await run(async (browser, { base, out, states = [], watched }) => {
  const told = { seen: {}, milestones: [] };
  for (const state of states) told.seen[state.name] = await look(browser, { base, out, ...state });
  if (watched) told.milestones = await watch(browser, { base, out, ...watched });
  return told;
});

async function look(browser, { base, out, name, path: page, key, says, looks }) {
  const seen = { axe: [], overflow: [], texts: [], languages: [] };
  const visit = await browser.visit({ base });
  await visit.signIn(key);
  for (const one of looks) {
    const [language, size, scheme] = one.split('-');
    await visit.context.addCookies([{ url: base, name: 'language', value: language }]);
    await visit.page.setViewportSize(SIZES[size]);
    await visit.page.emulateMedia({ colorScheme: scheme });
    await visit.go(page);
    if (says) await visit.page.getByText(says[language]).first().waitFor();
    await visit.picture(out, `${name}-${one}`);
    seen.axe.push(...(await visit.axe()).map((finding) => `${one}: ${finding}`));
    seen.overflow.push(await visit.overflow());
    seen.texts.push(await visit.page.locator('main').innerText());
    seen.languages.push(await visit.page.locator('html').getAttribute('lang'));
  }
  await visit.close();
  return seen;
}

async function watch(browser, { base, out, path: page, key, milestones }) {
  const visit = await browser.visit({ base });
  await visit.signIn(key);
  await visit.go(page);
  const reached = [];
  for (const { name, says } of milestones) {
    await visit.page.getByText(says).first().waitFor();
    reached.push(name);
    await writeFile(path.join(out, name), '');
  }
  await visit.close();
  return reached;
}
