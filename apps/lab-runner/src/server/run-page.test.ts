import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { needs } from '@tcblab/test-needs';
import { chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { ServedLab } from './server.fixture.ts';

const inBrowser = needs('netns', 'chromium');

async function openPage(origin: string, lab: ServedLab, path: string): Promise<Page> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${origin}${path}?token=${lab.tokens.student}`);
  return page;
}

/** A cable between the browser and the server that can be pulled. */
async function cable(to: number, port: number) {
  const sockets = new Set<Socket>();
  let pulled = false;
  const server = createServer((near) => {
    if (pulled) {
      near.destroy();
      return;
    }
    const far = connect(to, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => {});
      one.once('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return {
    port: (server.address() as AddressInfo).port,
    pull() {
      pulled = true;
      for (const socket of sockets) socket.destroy();
    },
    plug: () => (pulled = false),
  };
}

/** Wait until an expression holds in the page, whose policy lets it evaluate no text of its own. */
async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate(expression).catch(() => false))) await page.waitForTimeout(50);
}

/** Numbers of the rows that are in the page, and how many there are in all. */
function rowsIn(page: Page): Promise<{ drawn: number[]; count: number; phase: string }> {
  return page.evaluate(`({
    drawn: [...document.querySelectorAll('.row')].map((row) => Number(row.dataset.row)),
    count: Number(/(\\d+) rows/.exec(document.querySelector('.status').textContent)?.[1] ?? 0),
    phase: document.querySelector('.status').dataset.phase ?? '',
  })`);
}

inBrowser.test(
  'the ladder grows in order, survives a pulled cable, and holds each segment once',
  async () => {
    const name = `127.0.0.1:${await freePort()}`;
    const lab = await ServedLab.open(['--name', name]);
    onTestFinished(() => lab.close());
    const line = await cable(lab.port, Number(name.split(':')[1]));
    const id = await lab.start({ scenario: 'handshake', seed: 3, delay: 500_000 });
    const page = await openPage(`http://${name}`, lab, `/runs/${id}`);
    await until(page, `document.querySelectorAll('.row').length > 3`);
    const early = await rowsIn(page);
    expect(early.phase).toBe('live');
    line.pull();
    await until(page, `document.querySelector('.status').dataset.phase === 'lost'`);
    line.plug();
    const counts: number[] = [early.count];
    for (let phase = ''; phase !== 'finished';) {
      const seen = await rowsIn(page);
      ({ phase } = seen);
      counts.push(seen.count);
      expect(seen.drawn).toEqual(seen.drawn.map((_, index) => seen.drawn[0] + index));
      expect(seen.drawn.length).toBeLessThanOrEqual(300);
      await page.waitForTimeout(100);
    }
    expect(counts).toEqual(counts.toSorted((one, other) => one - other));
    await lab.ended(id);
    await until(page, `document.querySelector('h1').textContent.startsWith('PASS')`);
    await page.waitForTimeout(1_500);
    const final = await rowsIn(page);
    const { text } = await lab.ask(`/api/runs/${id}/files/trace.sqlog`, { as: 'viewer' });
    const told = await page.evaluate(`document.querySelector('.status').textContent`);
    expect(told).toContain(`${text.split('\x1e').length - 2} records`);
    expect(final.count).toBeGreaterThan(early.count);

    // The first row that is a SYN: both ends' variables, and its bytes.
    await page.locator('.ladder').focus();
    await page.keyboard.press('Home');
    await page.locator('.row', { hasText: 'SYN  seq 0' }).first().click();
    await page.waitForSelector('.tcbs dl');
    const tcbs = await page.locator('.tcbs').innerText();
    expect(tcbs).toContain('SND.NXT');
    expect(tcbs).toContain('SYN-SENT');
    expect(await page.locator('.bytes').innerText()).toContain('tcp');
  },
  120_000,
);

inBrowser.test(
  'a run is started from the page of all runs, which a policy keeps to its own scripts',
  async () => {
    const lab = await ServedLab.open();
    onTestFinished(() => lab.close());
    const page = await openPage(lab.origin, lab, '/runs');
    const complaints: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.selectOption('select[name=bench]', 'virtual');
    await page.selectOption('select[name=scenario]', 'handshake');
    await page.click('button[type=submit]');
    await until(page, `document.querySelector('h1').textContent.startsWith('PASS')`);
    await until(page, `document.querySelectorAll('.row').length > 5`);
    expect(page.url()).not.toContain('token');
    expect(complaints.filter((text) => !/404|416/.test(text))).toEqual([]);
  },
  60_000,
);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
