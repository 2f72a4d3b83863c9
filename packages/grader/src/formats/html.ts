/** A page for the student, with everything in it: no script, nothing to load. */
import type { GradedCase, GradedTask, GradeResult } from '../grade/grade-result.ts';
import { html as h } from './escape.ts';
import { summary } from './failed-cases.ts';

const STYLE = `
:root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --bad: #b3261e; --dim: #6b6b6b; }
@media (prefers-color-scheme: dark) { :root { --good: #5fd38d; --bad: #ff8f85; --dim: #a5a5a5; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
pre { overflow-x: auto; border: 1px solid var(--line); padding: .8rem; font-size: .85rem; line-height: 1.4; }
details { margin: .6rem 0; } summary { cursor: pointer; } dt { color: var(--dim); } dd { margin: 0 0 .5rem; font-family: monospace; }
.pass { color: var(--good); } .fail, .inconclusive, .error { color: var(--bad); } .blocked, .unsupported, small { color: var(--dim); }
mark { background: none; color: var(--bad); font-weight: bold; }
`;

const SIGNS: Readonly<Record<string, string>> = { pass: '✓', fail: '✗', blocked: '–', unsupported: '–' };

export function html(results: readonly GradeResult[]): string {
  const title = results.map(({ grade }) => `${grade.lab.id} ${grade.submission.name}`).join(', ');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${h(title)}</title><style>${STYLE}</style></head><body>
${results.map(page).join('\n<hr>\n')}
</body></html>
`;
}

function page(result: GradeResult): string {
  const { grade, seed, isolation, versions } = result;
  const { lab, submission, score, likely } = grade;
  const points = score === null ? 'no score' : `${score.points} of ${score.most} points`;
  const facts = [
    `Seed ${seed}`,
    `isolation ${isolation}`,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    submission.digest === '' ? '' : `digest ${submission.digest.slice(0, 16)}`,
  ].filter((one) => one !== '');
  const rows = grade.tasks.map(({ title, cases, points: had, most }) => {
    const passed = cases.filter(({ verdict }) => verdict === 'pass').length;
    return `<tr><td>${h(title)}</td><td>${passed} of ${cases.length}</td><td>${had} of ${most}</td></tr>`;
  });
  const first = grade.tasks.flatMap(({ cases }) => cases).find(({ verdict }) => verdict === 'fail');
  return `<h1>${h(lab.id)}: ${h(lab.title)}</h1>
<p><strong>${h(submission.name)}</strong>, ${points}</p>
<p>${h(summary(result))}</p>
${likely === null ? '' : `<p>Likely mistake: a TCP that ${h(likely.breaks)} fails in the same way (${h(likely.seenIn)}).</p>`}
<table><tr><th>Task</th><th>Cases</th><th>Points</th></tr>${rows.join('')}</table>
${grade.tasks.map((task) => section(task, first)).join('\n')}
<p>Course page: <code>${h(lab.page)}</code></p>
<p><small>${h(facts.join(', '))}. It may use ${h(grade.limits)}.</small></p>`;
}

function section({ title, cases }: GradedTask, first: GradedCase | undefined): string {
  const items = cases.map((one) => {
    const sign = `<span class="${one.verdict}">${SIGNS[one.verdict] ?? '!'} ${one.verdict}</span> ${h(one.id)}`;
    if (one.verdict === 'pass') return `<div>${sign}</div>`;
    return `<details${one === first ? ' open' : ''}><summary>${sign}</summary>${detail(one)}</details>`;
  });
  return `<h2>${h(title)}</h2>\n${items.join('\n')}`;
}

function detail({ purpose, clauses, reason, expected, actual, place, ladder }: GradedCase): string {
  const terms = [
    ['what it is for', purpose],
    ...clauses.map((clause) => ['clause', clause]),
    ...(expected === null || actual === null
      ? [['reason', reason]]
      : [
          ['expected', expected],
          ['seen', actual],
        ]),
  ].filter(([, text]) => text !== '');
  const list = terms.map(([term, text]) => `<dt>${term}</dt><dd>${h(text)}</dd>`).join('');
  const packets = ladder === '' ? '' : `<pre>${h(ladder).replace(/^▶.*$/gm, '<mark>$&</mark>')}</pre>`;
  return `<dl>${list}</dl>${place === null ? '' : `<pre>${h(place)}</pre>`}${packets}`;
}
