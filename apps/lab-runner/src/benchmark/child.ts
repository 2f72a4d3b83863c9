/** The process in which one benchmark runs, alone: calls one function of one module and prints what it returns as JSON. */
import { pathToFileURL } from 'node:url';

// The runner holds the other end: when it is gone, so are we, with all that we started.
process.stdin.once('end', () => process.kill(0, 'SIGKILL')).resume();

const [path, name] = process.argv.slice(2);
const module: Record<string, unknown> = await import(pathToFileURL(path).href);
const call = module[name];
if (typeof call !== 'function') throw new TypeError(`${path} has no function ${name}`);
// What the benchmark itself prints is for people; the last line is for us.
const figures = JSON.stringify(await call());
process.stdout.write(`\n${figures}\n`, () => process.exit(0));
