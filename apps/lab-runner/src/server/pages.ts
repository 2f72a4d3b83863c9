/** What a browser is shown: the run page, bundled when it is first asked for, and the course where it has been built. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import type { Express, Request, Response } from 'express';
import { REPOSITORY } from '../repository.ts';
import { sendPage } from './app.ts';
import { pagePolicy } from './headers.ts';

const PAGE = join(REPOSITORY, 'apps', 'lab-runner', 'page');

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/** @param course the folder of the built site; null when there is none */
export function addPages(app: Express, course: string | null): void {
  let script: Promise<string> | null = null;
  app.get('/page/main.js', async (_request, response) => {
    // Kept only when it worked: a broken source can be mended while the server runs.
    script ??= bundle().catch((error: unknown) => {
      script = null;
      throw error;
    });
    response.type('text/javascript').send(await script);
  });
  app.get('/page/page.css', (_request, response) => {
    response.type('text/css').send(readFileSync(join(PAGE, 'page.css')));
  });
  app.get(['/runs', '/runs/:id'], (_request, response) => sendPage(response, shell(course !== null)));
  if (course === null) app.get('/', (_request, response) => response.redirect(303, '/runs'));
  else app.use((request, response, next) => void (sendOfCourse(course, request, response) || next()));
}

async function bundle(): Promise<string> {
  const { rolldown } = await import('rolldown');
  const built = await rolldown({
    input: join(PAGE, 'main.ts'),
    platform: 'browser',
    resolve: { conditionNames: ['source', 'import', 'default'] },
  });
  try {
    const { output } = await built.generate({ format: 'esm', minify: true });
    return output[0].code;
  } finally {
    await built.close();
  }
}

function shell(withCourse: boolean): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Runs · tcblab</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/page/page.css" />
    <script type="module" src="/page/main.js"></script>
  </head>
  <body>
    <nav aria-label="Site"><a href="/runs">Runs</a>${withCourse ? ' · <a href="/">Course</a>' : ''}</nav>
    <main></main>
  </body>
</html>
`;
}

/** @returns whether there is such a file */
function sendOfCourse(course: string, request: Request, response: Response): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const path = fileOf(course, request.path);
  if (path === null) return false;
  if (extname(path) === '.html') {
    sendPage(response, readFileSync(path, 'utf8'));
    return true;
  }
  // A worker lives by the policy of its own script, not by that of the page which started it.
  response.setHeader('content-security-policy', pagePolicy(''));
  // The builder puts a digest of the content into the names of these.
  const lasting = /^\/(zh-Hans\/)?assets\//.test(request.path);
  response.setHeader('cache-control', lasting ? 'max-age=31536000, immutable' : 'no-cache');
  response.type(TYPES[extname(path)] ?? 'application/octet-stream');
  response.send(readFileSync(path));
  return true;
}

/** @returns null for what is not there, or where a link leads out of the site */
function fileOf(course: string, asked: string): string | null {
  let path: string;
  try {
    path = join(course, decodeURIComponent(asked));
    if (!existsSync(path)) return null;
    if (statSync(path).isDirectory()) path = join(path, 'index.html');
    path = realpathSync(path);
  } catch {
    return null;
  }
  return path.startsWith(realpathSync(course) + sep) && statSync(path).isFile() ? path : null;
}
