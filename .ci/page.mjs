// Opens pages in a headless browser and reports their problems. Used by `.ci/page`.
//
//   node .ci/page.mjs SCRATCH BROWSER SHOTS PAGE…
//
// SCRATCH has node_modules with puppeteer-core and axe-core. Each page is opened in both colour
// schemes, at phone and desktop width. Exits with 1 if a page logs to the console, sends a request,
// is wider than its window, violates a rule of axe-core, is too large or too slow.
import { createRequire } from 'node:module';
import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [scratch, browserPath, shots, ...pages] = process.argv.slice(2);
const require = createRequire(join(resolve(scratch), 'package.json'));
const puppeteer = require('puppeteer-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const MOST_BYTES = 5 * 1024 * 1024;
const MOST_MS = 1000;
const WIDTHS = [360, 1600];
const SCHEMES = ['light', 'dark'];

const browser = await puppeteer.launch({
  executablePath: browserPath,
  protocolTimeout: 300_000,
  args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
});
const wrongs = [];
const rows = [];

for (const path of pages) {
  const name = basename(path, '.html');
  const bytes = statSync(path).size;
  const url = pathToFileURL(resolve(path)).href;
  if (bytes >= MOST_BYTES) wrongs.push(`${name}: ${bytes} bytes`);
  for (const scheme of SCHEMES) {
    for (const width of WIDTHS) {
      const what = `${name}, ${scheme}, ${width} px`;
      const page = await browser.newPage();
      page.on('console', (it) => wrongs.push(`${what}: console: ${it.text()}`));
      page.on('pageerror', (it) => wrongs.push(`${what}: error: ${it}`));
      page.on('request', (it) => {
        if (it.url() !== url && it.url() !== 'data:,') wrongs.push(`${what}: asks for ${it.url()}`);
      });
      await page.setViewport({ width, height: width < 600 ? 780 : 1000 });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(url, { waitUntil: 'load' });
      const paint = await page.evaluate(async () => {
        const first = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
        for (let n = 0; n < 100 && first() === undefined; n += 1) {
          await new Promise((done) => setTimeout(done, 20));
        }
        return first();
      });
      if (!(paint < MOST_MS)) wrongs.push(`${what}: first paint after ${paint} ms`);
      await page.screenshot({ path: join(shots, `${name}-${scheme}-${width}.png`) });
      const over = await page.evaluate(() => {
        const root = document.documentElement;
        return root.scrollWidth - root.clientWidth;
      });
      if (over > 0) wrongs.push(`${what}: ${over} px too wide`);
      await checkFilter(page, what);
      // A sample of thousands of similar elements is enough, since axe-core is slow on each.
      await page.evaluate(() => {
        const some = (selector, n) => [...document.querySelectorAll(selector)].slice(n);
        some('.items > .item', 60).forEach((it) => it.remove());
        some('.lanes > li', 4).forEach((it) => it.remove());
        some('details.ranges', 2).forEach((it) => it.remove());
        document.querySelectorAll('tbody').forEach((it) => {
          [...it.rows].slice(20).forEach((row) => row.remove());
        });
        document.querySelectorAll('details').forEach((it) => { it.open = true; });
      });
      const unfolded = await page.evaluate(() => {
        const root = document.documentElement;
        return root.scrollWidth - root.clientWidth;
      });
      if (unfolded > 0) wrongs.push(`${what}, unfolded: ${unfolded} px too wide`);
      await page.evaluate(axe);
      const found = await page.evaluate(() => axe.run(document));
      for (const it of found.violations) {
        const where = it.nodes.slice(0, 3).map((node) => node.target.join(' ')).join('; ');
        wrongs.push(`${what}: axe: ${it.id}: ${it.help} (${it.nodes.length}: ${where})`);
      }
      rows.push({
        page: name, scheme, width, KiB: Math.round(bytes / 1024), 'first paint ms': Math.round(paint),
        'axe passes': found.passes.length, 'axe violations': found.violations.length,
      });
      await page.close();
    }
  }
  await printed(name, url);
}

// Takes a screenshot of the whole page, if it is not too long, and of its print layout.
async function printed(name, url) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1100, height: 900 });
  await page.goto(url, { waitUntil: 'load' });
  // Elements outside the viewport are not rendered by default; here all of them have to be.
  await page.evaluate(() => {
    document.querySelectorAll('.item').forEach((it) => { it.style.contentVisibility = 'visible'; });
  });
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  if (height < 12000) {
    await page.screenshot({ path: join(shots, `${name}-whole.png`), fullPage: true });
    await page.setViewport({ width: 360, height: 780 });
    await page.screenshot({ path: join(shots, `${name}-whole-360.png`), fullPage: true });
    await page.setViewport({ width: 720, height: 1000 });
    await page.emulateMediaType('print');
    await page.screenshot({ path: join(shots, `${name}-print.png`), fullPage: true });
  }
  await page.close();
}

// The search keeps the changes with a matching name, and the filter those of the selected kind.
async function checkFilter(page, what) {
  const wrong = await page.evaluate(() => {
    const items = [...document.querySelectorAll('.item')];
    const field = document.querySelector('#by-name input');
    if (items.length === 0) return field ? 'a filter of nothing' : null;
    const shown = () => {
      // In one pass: separate queries would force a new layout for each of thousands of elements.
      document.body.getBoundingClientRect();
      return items.filter((it) => it.getClientRects().length !== 0).length;
    };
    const name = items[0].querySelector('.name').textContent;
    field.value = name;
    field.dispatchEvent(new Event('input'));
    if (shown() < 1 || (items.length > 1 && shown() === items.length)) return `${shown()} by name`;
    field.value = '';
    field.dispatchEvent(new Event('input'));
    const kinds = [...document.querySelectorAll('input[name="show"]')];
    for (const kind of kinds) {
      kind.click();
      const n = Number(kind.labels[0].querySelector('b').textContent.replace(/,/g, ''));
      if (shown() !== n) return `${shown()} of ${n} by ${kind.value}`;
    }
    kinds[0].click();
    return null;
  });
  if (wrong) wrongs.push(`${what}: filter: ${wrong}`);
}

await browser.close();
console.table(rows);
for (const it of wrongs) console.log(`WRONG: ${it}`);
if (wrongs.length !== 0) process.exit(1);
console.log(`${rows.length} looks at ${pages.length} pages: nothing is wrong.`);
