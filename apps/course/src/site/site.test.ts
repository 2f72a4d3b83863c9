import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { needs } from '@tcblab/test-needs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { Site } from './site.fixture.ts';

const { test } = needs('chromium');

const PAGES = [
  '/',
  '/chapters/what-a-connection-is/',
  '/chapters/typescript/',
  '/chapters/handshake/',
  '/chapters/segment/',
  '/chapters/sequence/',
  '/chapters/teardown/',
  '/chapters/listener/',
  '/chapters/loss/',
  '/chapters/stream/',
  '/chapters/flow/',
  '/chapters/resets/',
  '/chapters/congestion/',
  '/chapters/wire/',
  '/chapters/claims/',
  '/reference/systems/',
  '/reference/states/',
  '/reference/coverage/',
  '/reference/glossary/',
  '/reference/scripts/',
  '/reference/troubleshooting/',
  '/reference/other-systems/',
  '/reference/instructors/',
  '/reference/technicians/',
  '/viewer/',
  '/playground/',
  '/zh-Hans/',
] as const;

let site: Site;
beforeAll(async () => {
  site = await Site.open();
}, 300_000);
afterAll(() => site?.close());
afterEach(() => {
  expect(site.complaints.splice(0)).toEqual([]);
});

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong, a line each. */
async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run();
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
    );
  });
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly target: readonly string[] }[];
  }[];
}

/** Until every trace of the page has been drawn. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let y = 0; y < document.body.scrollHeight; y += 500) {
      scrollTo(0, y);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    scrollTo(0, 0);
  });
  // A trace that is drawn moves those below it: go on until none is left.
  await page.waitForFunction(() => {
    const waiting = [...document.querySelectorAll('p')].find(({ textContent }) =>
      textContent.includes('The trace is being loaded'),
    );
    waiting?.scrollIntoView();
    return waiting === undefined;
  });
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForLoadState('networkidle');
}

describe.each(PAGES)('%s', { timeout: 120_000 }, (path) => {
  test('is clean to axe, in light and in dark', async () => {
    const page = await site.page(path, { colorScheme: 'light' });
    await drawn(page);
    expect(await axe(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.reload({ waitUntil: 'networkidle' });
    await drawn(page);
    expect(await axe(page)).toEqual([]);
    await page.context().close();
  });
  test('needs no sideways scrolling on 320 pixels', async () => {
    const page = await site.page(path, { viewport: { width: 320, height: 640 } });
    await drawn(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
    await page.context().close();
  });
});

describe('a trace', { timeout: 60_000 }, () => {
  const selected = (page: Page) =>
    page.locator('[role=option][aria-selected=true]').first().getAttribute('aria-label');

  test('is walked through by keyboard, and its panes with it', async () => {
    const page = await site.page('/chapters/handshake/');
    await drawn(page);
    const ladder = page.getByRole('listbox').first();
    await ladder.focus();
    expect(await selected(page)).toMatch(/host A to host B: SYN {2}seq 0 .*host A is now SYN-SENT/);
    await page.keyboard.press('ArrowDown');
    expect(await selected(page)).toMatch(/host B to host A: SYN,ACK {2}seq 0 {2}ack 1/);
    await page.getByRole('tab', { name: 'Bytes' }).first().click();
    expect(await page.getByRole('tabpanel').first().textContent()).toContain('SYN,ACK');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('tab', { name: 'Table' }).first().getAttribute('aria-selected')).toBe('true');
    expect(await page.getByRole('row').count()).toBeGreaterThan(10);
    await ladder.focus();
    await page.keyboard.press('End');
    expect(await selected(page)).toContain('ack 16');
    await page.context().close();
  });

  test('of any origin is opened from the reader’s own files', async () => {
    const page = await site.page('/viewer/');
    const read = (name: string) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(site.bytes(`traces/handshake/${name}`)),
    });
    const chooser = page.locator('input[type=file]');
    await chooser.setInputFiles([read('host-a.pcapng')]);
    await page.getByRole('listbox').waitFor();
    expect(await page.locator('[role=option]').count()).toBe(11);
    await chooser.setInputFiles(['bundle.json', 'host-a.pcapng', 'host-b.pcapng', 'trace.sqlog'].map(read));
    await page.getByText('host B').first().waitFor();
    await chooser.setInputFiles([{ name: 'x.pcap', mimeType: 'x/y', buffer: Buffer.from('no capture') }]);
    expect(await page.getByRole('alert').last().textContent()).not.toBe('');
    await page.context().close();
  });
});

describe('the playground', { timeout: 60_000 }, () => {
  const host = (page: Page, name: string) => page.getByRole('region', { name: `Host ${name}` });
  const step = (page: Page) => page.getByRole('button', { name: 'Step', exact: true });
  const ladder = (page: Page) =>
    page.locator('[role=option]').evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label')));

  test('opens, loses a segment and sends it again, closes, and a link brings the same ladder back', async () => {
    const page = await site.page('/playground/');
    await host(page, 'B').getByRole('button', { name: 'Listen' }).click();
    // By keyboard alone: Enter in a field does what its form is for.
    await host(page, 'A').getByLabel('to port').press('Enter');
    for (let each = 0; each < 3; each++) await step(page).click();
    expect(await page.getByRole('img', { name: 'Host A: ESTABLISHED.' }).count()).toBe(1);
    await host(page, 'A').getByLabel('text').press('Enter');
    await page.getByRole('button', { name: 'Drop: PSH,ACK seq 1 ack 1 len 5' }).click();
    await step(page).click();
    await page.getByRole('button', { name: 'Deliver: PSH,ACK seq 1 ack 1 len 5' }).click();
    expect(await host(page, 'B').locator('output').textContent()).toBe('hello');
    await host(page, 'A').getByRole('button', { name: 'Close' }).click();
    await host(page, 'B').getByRole('button', { name: 'Close' }).click();
    while (await step(page).isEnabled()) await step(page).click();
    expect(await page.getByRole('img', { name: /Host A: CLOSED\. .* Host B: LISTEN\./ }).count()).toBe(1);
    const rows = await ladder(page);
    expect(rows.filter((row) => row?.includes('len 5')).map((row) => row?.replace(/^.*win \d+/, ''))).toEqual(
      [', lost', ', again'],
    );
    await page.getByRole('button', { name: 'Copy link' }).click();
    const { hash } = new URL(page.url());
    const again = await site.page(`/playground/${hash}`);
    await again.getByRole('listbox').waitFor();
    expect(await ladder(again)).toEqual(rows);
    const [file] = await Promise.all([
      again.waitForEvent('download'),
      again.getByRole('button', { name: 'Capture of A' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('host-a.pcapng');
    await again.context().close();
    await page.context().close();
  });

  test('plays by itself, and edits what is on the wire', async () => {
    const page = await site.page('/playground/', { reducedMotion: 'no-preference' });
    await page.getByRole('button', { name: 'A lost segment' }).click();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('window').fill('7');
    await page.getByRole('checkbox', { name: 'RST' }).check();
    await page.getByRole('button', { name: 'Write it' }).click();
    const edited = page.locator('code', { hasText: 'RST,PSH,ACK seq 1 ack 1 len 5 win 7' });
    expect(await edited.count()).toBe(1);
    expect(await axe(page)).toEqual([]);
    await page.getByLabel('Speed').selectOption('10');
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByRole('img', { name: 'Host B: LISTEN. Its last step: ESTABLISHED to CLOSED.' }).waitFor();
    await page.context().close();
  });
});

test('a recorded run is walked through in the state diagram', { timeout: 60_000 }, async () => {
  const page = await site.page('/chapters/teardown/');
  await drawn(page);
  const diagram = page.getByRole('img', { name: /^Host A: / }).first();
  expect(await diagram.getAttribute('aria-label')).toMatch(/^Host A: ESTABLISHED\. .*Host B: ESTABLISHED\./);
  const walk = page.getByRole('figure').filter({ has: page.getByRole('img', { name: /^Host A: / }) });
  const next = walk.first().getByRole('button', { name: 'Next' });
  while (await next.isEnabled()) await next.click();
  expect(await diagram.getAttribute('aria-label')).toContain(
    'Host B: CLOSED. Its last step: LAST-ACK to CLOSED.',
  );
  await page.context().close();
});

test('a prediction is told once chosen, kept, and can be asked again', async () => {
  const page = await site.page('/chapters/handshake/');
  const first = page.locator('fieldset').first();
  await first.getByLabel('Two').check();
  await first.getByRole('button', { name: 'That is my prediction' }).click();
  expect(await first.textContent()).toContain('So it is.');
  await page.reload({ waitUntil: 'networkidle' });
  expect(await first.getByLabel('Two').isChecked()).toBe(true);
  await first.getByRole('button', { name: 'Ask me again' }).click();
  expect(await first.textContent()).not.toContain('So it is.');
  await page.context().close();
});

test('a puzzle is solved by keyboard, and says why an answer is wrong', async () => {
  const page = await site.page('/chapters/handshake/');
  const puzzle = page.locator('fieldset', { hasText: 'acknowledgement numbers are left out' });
  await puzzle.waitFor();
  const blanks = puzzle.getByRole('textbox');
  for (const blank of await blanks.all()) await blank.fill('999');
  await puzzle.getByRole('button', { name: 'Is it so?' }).press('Enter');
  expect(await puzzle.getByRole('status').textContent()).toContain('Nothing that far has been sent by then.');
  const order = page.locator('fieldset', { hasText: 'Put them into the order' });
  const segments = () => order.getByRole('listitem').allTextContents();
  const before = await segments();
  await order
    .getByRole('button', { name: /^Move down/ })
    .first()
    .press('Enter');
  expect((await segments()).slice(0, 2)).toEqual([before[1], before[0]]);
  await order.getByRole('button', { name: 'Another one' }).press('Enter');
  expect(await order.textContent()).toMatch(/variant \d+/);
  await page.context().close();
});

test('a chapter’s first load is at most 200 kB of compressed script', () => {
  const scripts = [...site.file('chapters/handshake/index.html').matchAll(/<script[^>]* src="?([^" >]+)/g)];
  const sizes = scripts.map(([, path]) => gzipSync(site.bytes(path.slice(1))).length);
  expect(scripts.length).toBeGreaterThan(0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(200_000);
});
