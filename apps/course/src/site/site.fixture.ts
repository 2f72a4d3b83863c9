/** The built course, served to a real browser on this machine. */
import { execFile } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const COURSE = resolve(import.meta.dirname, '..', '..');
const DOCUSAURUS = join(COURSE, 'node_modules', '@docusaurus', 'core', 'bin', 'docusaurus.mjs');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

export class Site {
  readonly #folder: string;
  readonly #server: Server;
  readonly #browser: Browser;
  /** What any page complained of: errors, failed requests, requests to other hosts. */
  readonly complaints: string[] = [];

  private constructor(folder: string, server: Server, browser: Browser) {
    this.#folder = folder;
    this.#server = server;
    this.#browser = browser;
  }

  /** Build the site anew and serve it. */
  static async open(): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'tcblab-course-'));
    await promisify(execFile)(process.execPath, [DOCUSAURUS, 'build', '--out-dir', folder], {
      cwd: COURSE,
      maxBuffer: 1 << 26,
      env: { ...process.env, NODE_ENV: 'production' },
    });
    const server = createServer((request, response) => {
      const path = fileFor(folder, request.url ?? '/');
      if (path === null) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
      createReadStream(path).pipe(response);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
    return new Site(folder, server, browser);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A file of the site as it was built. */
  bytes(path: string): Buffer {
    return readFileSync(join(this.#folder, path));
  }

  file(path: string): string {
    return this.bytes(path).toString('utf8');
  }

  async page(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(`${path}: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.complaints.push(`${path}: ${error.message}`));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(this.origin) && !/^(data|blob):/.test(url))
        this.complaints.push(`${path}: asks ${url}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) this.complaints.push(`${path}: ${response.status()} ${response.url()}`);
    });
    await page.goto(this.origin + path, { waitUntil: 'networkidle' });
    return page;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** @returns null for what is not there, or not below the folder */
function fileFor(folder: string, url: string): string | null {
  const path = join(folder, decodeURIComponent(new URL(url, 'http://localhost').pathname));
  if (path !== folder && !path.startsWith(folder + sep)) return null;
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'index.html') : path;
  return existsSync(file) ? file : null;
}
