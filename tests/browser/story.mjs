// A visitor plays the demo's page from top to bottom. ``acts`` are { key, scene, press, choose? } in order; what was to be seen after
// each comes back under its key, and axe looks at the page at the end of every scene.
// ``look`` names a folder for pictures.

import { run } from './harness.mjs';
import { pixels, press, scene } from './playing.mjs';

await run(async (browser, { base, acts, look }) => {
  const visit = await browser.visit({ base });
  const { page } = visit;
  await visit.go('/demo');
  const told = { begin: await whole(), seen: {}, axe: {} };
  for (const [number, act] of acts.entries()) {
    await press(page, act.press, act.choose);
    told.seen[act.key] = { ...(await scene(page, act.scene)), ...(await whole()) };
    const code = page.locator(`#${act.scene} img.qr`);
    if (await code.count()) told.seen[act.key].qr = await pixels(code);
    if (acts[number + 1]?.scene !== act.scene) told.axe[act.scene] = await visit.axe();
    if (look) await visit.everyLook((kind) => visit.picture(look, `${act.key}-${kind}`));
  }
  const ways = page.locator('main form[action="/demo/role"]');
  told.ways = await ways.evaluateAll((forms) => forms.map((form) => [form.querySelector('button').value, form.elements.next.value]));
  return told;

  async function whole() {
    const titles = page.locator('main details > summary h2');
    return { page: await page.content(), scenes: await titles.evaluateAll((all) => all.map((one) => one.lastChild.textContent.trim())) };
  }
});
