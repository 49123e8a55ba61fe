// A page that asks the first wallet it finds (EIP-6963) one request after the other (EIP-1193), and gives each answer or error code.

import { run } from './harness.mjs';

await run(async (browser, { base, wallets, requests }) => {
  const visit = await browser.visit({ base, wallets });
  await visit.go('/');
  const answers = await visit.page.evaluate(async (requests) => {
    const found = new Promise((resolve) => addEventListener('eip6963:announceProvider', ({ detail }) => resolve(detail), { once: true }));
    dispatchEvent(new Event('eip6963:requestProvider'));
    const { provider } = await found;
    const said = [];
    for (const request of requests) {
      said.push(await provider.request(request).then((result) => ({ result }), ({ code, message }) => ({ code, message })));
    }
    return said;
  }, requests);
  return { answers };
});
