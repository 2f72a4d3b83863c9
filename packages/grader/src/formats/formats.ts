/** Every format that results can be written in. Each is a pure projection of the results, which say all there is. */
import type { GradeResult } from '../grade/grade-result.ts';
import { ctrf } from './ctrf.ts';
import { github } from './github.ts';
import { gradebook } from './gradebook.ts';
import { gradescope } from './gradescope.ts';
import { html } from './html.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';

export interface Format {
  /** What a file of it is called. */
  readonly file: string;
  readonly write: (results: readonly GradeResult[]) => string;
}

export const FORMATS = {
  json: { file: 'results-all.json', write: (results) => `${JSON.stringify(results, null, 2)}\n` },
  gradescope: { file: 'results.json', write: gradescope },
  junit: { file: 'junit.xml', write: junit },
  ctrf: { file: 'ctrf-report.json', write: ctrf },
  csv: { file: 'gradebook.csv', write: gradebook },
  markdown: { file: 'summary.md', write: markdown },
  github: { file: 'github.txt', write: github },
  html: { file: 'report.html', write: html },
} as const satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof FORMATS;
