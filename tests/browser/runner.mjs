// Runs scripts of these tests one after the other, in one node and one browser: to start those takes longer than most scripts.
//
// Each line of standard input is a JSON object with ``script``, its file's name, and ``given``, the script's arguments; each line of
// standard output is what the script would write if it ran alone. It ends when its input does.

import { createInterface } from 'node:readline';
import { launch } from './chromium.mjs';
import { serve } from './harness.mjs';

const chromium = await launch();
let runs = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { script, given } = JSON.parse(line);
  runs += 1; // a module runs once for each name, and the number makes it another name
  const said = await serve(chromium, given, () => import(`./${script}?run=${runs}`));
  process.stdout.write(`${JSON.stringify(said)}\n`);
  if (!chromium.isConnected()) break; // a browser that crashed is no use to the next script
}
await chromium.close();
