/** The page of one run: its ladder, and what is known at the row that is selected. */
import { fieldsOf, type LadderRow } from '@tcblab/capture';
import { element } from './element.ts';
import { LadderList } from './ladder-list.ts';
import { LiveRun } from './live-run.ts';
import { tcbAt } from './tcb.ts';

export function showRun(into: HTMLElement, id: string): void {
  const status = element('p', { class: 'status', role: 'status' }, 'connecting');
  const steps = element('pre', { class: 'steps', tabindex: '0', 'aria-label': 'What the runner says' });
  const scrub = element('input', { type: 'range', min: '0', max: '0', 'aria-label': 'Row of the ladder' });
  const cancel = element('button', { type: 'button' }, 'Stop this run');
  const names = element('div', { class: 'hosts' }, element('span'), element('span'));
  const tcbs = element('div', { class: 'tcbs' });
  const bytes = element('div', {
    class: 'bytes',
    tabindex: '0',
    role: 'region',
    'aria-label': 'Bytes decoded',
  });
  const files = element('p', { class: 'files' });
  let selected = -1;

  const list = new LadderList(select);
  const run = new LiveRun(id, refresh);
  const heading = element('h1', {}, id);
  into.append(heading, status, names, list.root, element('div', { class: 'scrub' }, scrub, cancel));
  into.append(tcbs, bytes, element('h2', {}, 'The runner'), steps, files);
  scrub.addEventListener('input', () => select(Number(scrub.value)));
  cancel.addEventListener('click', () => {
    void fetch(`/api/runs/${encodeURIComponent(id)}/cancel`, { method: 'POST' });
  });
  run.start();
  void ask();

  function refresh(): void {
    const { shown, over, connected, records, skipped } = run;
    const rows = shown?.rows ?? [];
    const phase = over ? 'finished' : connected ? 'live' : 'connection lost, trying again';
    const lost = skipped === 0 ? '' : `, ${skipped} records left out: this browser was too slow`;
    status.textContent = `${phase}: ${rows.length} rows, ${records.length} records${lost}`;
    status.dataset['phase'] = over ? 'finished' : connected ? 'live' : 'lost';
    scrub.max = String(Math.max(0, rows.length - 1));
    list.show(rows, selected < 0);
    names.replaceChildren(
      ...(shown?.ladder.hosts ?? []).map(({ name, implementation = '' }) =>
        element('span', {}, `${name}, ${implementation}`),
      ),
    );
    cancel.hidden = over;
  }

  function select(row: number): void {
    selected = row;
    scrub.value = String(row);
    list.select(row);
    const at = run.shown?.rows[row];
    if (at !== undefined) detail(at);
  }

  function detail(row: LadderRow): void {
    const frames = framesOf(row);
    tcbs.replaceChildren(...([0, 1] as const).map((side) => tcbOf(side, frames[side] ?? lastFrame(side))));
    const side = frames[0] === null ? 1 : 0;
    const packet = packetOf(side, frames[side]);
    bytes.replaceChildren(packet === undefined ? 'Nothing was on the wire here.' : fieldTable(packet.bytes));
  }

  /** The newest frame of a side by the row that is selected. */
  function lastFrame(side: 0 | 1): number | null {
    const rows = run.shown?.rows.slice(0, selected + 1) ?? [];
    const row = rows.findLast((each) => framesOf(each)[side] !== null);
    return row === undefined ? null : framesOf(row)[side];
  }

  function packetOf(side: 0 | 1, frame: number | null) {
    return run.packets[side].find(({ id: packet }, place) => (packet?.frame ?? place + 1) === frame);
  }

  function tcbOf(side: 0 | 1, frame: number | null): HTMLElement {
    const host = run.shown?.ladder.hosts[side];
    const packet = packetOf(side, frame);
    const told =
      packet === undefined || host === undefined || frame === null
        ? new Map<string, string>()
        : tcbAt(run.records, host.number, frame, packet.micros);
    const rows = [...told].map(([name, value]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, value)),
    );
    const none = 'This host tells nothing of itself here.';
    return element(
      'section',
      {},
      element('h2', {}, host?.name ?? ''),
      rows.length === 0 ? element('p', {}, none) : element('dl', {}, ...rows),
    );
  }

  /** Progress, verdict and files, until the run is over. */
  async function ask(): Promise<void> {
    for (let last = false; !last;) {
      last = run.over;
      try {
        const response = await fetch(`/api/runs/${encodeURIComponent(id)}`);
        const told = (await response.json()) as Told;
        steps.textContent = (told.progress ?? []).map(({ text }) => text).join('\n');
        if (told.verdict !== undefined) heading.textContent = `${told.verdict.toUpperCase()}  ${id}`;
        if (told.verdict !== undefined && told.reason !== undefined) steps.append(`\n${told.reason}`);
        const links = (told.files ?? []).map(({ name }) =>
          element('a', { href: `/api/runs/${encodeURIComponent(id)}/files/${name}`, download: name }, name),
        );
        files.replaceChildren(...links.flatMap((link) => [link, ' ']));
      } catch {
        // Asked again below.
      }
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
  }
}

interface Told {
  readonly verdict?: string;
  readonly reason?: string;
  readonly progress?: readonly { readonly text: string }[];
  readonly files?: readonly { readonly name: string }[];
}

function framesOf(row: LadderRow): readonly [number | null, number | null] {
  if (row.kind === 'segment') return [row.ends[0].frame, row.ends[1].frame];
  return row.kind === 'other' ? row.frames : [null, null];
}

function fieldTable(frame: Uint8Array): HTMLElement {
  const rows = fieldsOf(frame).map(({ layer, label, value, start, end }) => {
    const octets = [...frame.subarray(start, Math.min(end, start + 16))];
    const hex = octets.map((octet) => octet.toString(16).padStart(2, '0')).join(' ');
    return element(
      'tr',
      {},
      ...[layer, label, value, String(start), end - start > 16 ? `${hex} …` : hex].map((text) =>
        element('td', {}, text),
      ),
    );
  });
  const head = ['layer', 'field', 'value', 'at', 'octets'].map((text) =>
    element('th', { scope: 'col' }, text),
  );
  return element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
}
