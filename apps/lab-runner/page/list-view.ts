/** The page of all runs, and the form that starts one. */
import { element } from './element.ts';

interface Offer {
  readonly benches: readonly { readonly name: string; readonly holders: readonly string[] }[];
  readonly scenarios: readonly string[];
  readonly systems: readonly string[];
  readonly role: string;
}

interface Run {
  readonly id: string;
  readonly state: string;
  readonly verdict?: string;
  readonly reason?: string;
}

export async function showRuns(into: HTMLElement): Promise<void> {
  const offer = await ask<Offer>('/api/benches');
  into.append(element('h1', {}, 'Runs'));
  if (offer.role !== 'viewer') into.append(startForm(offer));
  const body = element('tbody');
  const heads = ['run', 'state', 'verdict', 'why'].map((text) => element('th', { scope: 'col' }, text));
  into.append(element('table', {}, element('thead', {}, element('tr', {}, ...heads)), body));
  for (;;) {
    const { runs } = await ask<{ readonly runs: readonly Run[] }>('/api/runs').catch(() => ({ runs: null }));
    if (runs !== null) body.replaceChildren(...runs.map(lineOf));
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
}

function lineOf({ id, state, verdict = '', reason = '' }: Run): HTMLElement {
  const link = element('a', { href: `/runs/${encodeURIComponent(id)}` }, id);
  const cells = [link, state, verdict, reason ?? ''].map((content) => element('td', {}, content ?? ''));
  return element('tr', {}, ...cells);
}

function startForm({ benches, scenarios, systems }: Offer): HTMLElement {
  const choice = (name: string, options: readonly string[]): HTMLElement =>
    element(
      'label',
      {},
      `${name} `,
      element('select', { name }, ...options.map((option) => element('option', {}, option))),
    );
  const number = (name: string, attributes: Readonly<Record<string, string>>): HTMLElement =>
    element('label', {}, `${name} `, element('input', { name, type: 'number', ...attributes }));
  const said = element('output', { role: 'alert' });
  const form = element(
    'form',
    {},
    choice('scenario', scenarios),
    choice('bench', benches.map(({ name }) => name).toReversed()),
    choice('a', systems),
    choice('b', systems),
    number('loss', { min: '0', max: '1', step: '0.01', value: '0' }),
    number('seed', { min: '0', max: '4294967295', placeholder: 'new' }),
    element('button', { type: 'submit' }, 'Run'),
    said,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void start(new FormData(form), said);
  });
  return form;
}

async function start(form: FormData, said: HTMLElement): Promise<void> {
  const body: Record<string, string | number> = {};
  for (const [name, value] of form) {
    if (typeof value !== 'string' || value === '') continue;
    body[name] = name === 'loss' || name === 'seed' ? Number(value) : value;
  }
  const response = await fetch('/api/runs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { id, problem } = (await response.json()) as { id?: string; problem?: string };
  if (id === undefined) said.textContent = problem ?? 'The server refused.';
  else location.assign(`/runs/${encodeURIComponent(id)}`);
}

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(path);
  return (await response.json()) as T;
}
