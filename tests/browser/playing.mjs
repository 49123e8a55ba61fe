// How a visitor plays the demo's page: presses what an act's button says, and waits until the act is over.

/** Press the button of this name on the story's page, after choosing ``choose`` where the act asks first; wait until it is played. */
export async function press(page, label, choose) {
  if (choose) await page.getByLabel(choose).check();
  await page.evaluate(() => { globalThis.left = true; });
  await page.getByRole('button', { name: label, exact: true }).click();
  await over(page);
}

/** Wait for a page other than the one that was left, on which no act is being played: it shows what the last one found. */
async function over(page) {
  const ended = () => document.readyState === 'complete' && !globalThis.left && !document.querySelector('[data-live]');
  await page.waitForFunction(ended, null, { timeout: 60_000 });
}

/** What stands in a scene: its visible text and its HTML, each list of checks and each table row by row, and what went wrong. */
export async function scene(page, key) {
  const place = page.locator(`#${key}`);
  return {
    text: plain(await place.innerText()),
    html: await place.innerHTML(),
    checks: await rows(place.locator('.results'), 'li'),
    tables: await rows(place.locator('table.stack'), 'tbody tr'),
    totals: (await place.locator('table.totals tfoot td:first-of-type').allInnerTexts()).map(plain),
    links: await place.locator('a.button').evaluateAll((found) => found.map((one) => one.href)),
    acts: await place.locator('form[action^="/demo/acts/"] button').allInnerTexts(),
    alerts: await place.getByRole('alert').allInnerTexts(),
  };
}

/** For each of the places, the text of each of its rows. */
async function rows(places, row) {
  const found = await places.evaluateAll((all, row) => all.map((one) => [...one.querySelectorAll(row)].map((line) => line.innerText)), row);
  return found.map((lines) => lines.map(plain));
}

/** Text in one line, every kind of space as one. */
const plain = (text) => text.replace(/\s+/g, ' ').trim();

/** A picture as grey values, row by row in base64: what a camera would give to a decoder. */
export async function pixels(picture, side = 512) {
  return picture.evaluate(async (image, side) => {
    await image.decode();
    const drawing = Object.assign(document.createElement('canvas'), { width: side, height: side }).getContext('2d');
    drawing.drawImage(image, 0, 0, side, side);
    const { data } = drawing.getImageData(0, 0, side, side);
    const grey = Array.from({ length: side * side }, (_, index) => String.fromCharCode(data[4 * index]));
    return { side, base64: btoa(grey.join('')) };
  }, side);
}
