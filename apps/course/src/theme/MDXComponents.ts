/** What a chapter may use without importing it. */
import MDXComponents from '@theme-original/MDXComponents';
import { Facts } from '../lesson/facts.tsx';
import { Predict } from '../lesson/predict.tsx';
import { Rule } from '../lesson/rule.tsx';
import { Puzzle } from '../puzzle/puzzle.tsx';
import { RfcCoverage } from '../reference/rfc-coverage.tsx';
import { StateEvents } from '../reference/state-events.tsx';
import { Table } from '../reference/table.tsx';
import { States } from '../states/states.tsx';
import { Trace } from '../trace/trace.tsx';

export default {
  ...MDXComponents,
  table: Table,
  Facts,
  Predict,
  Puzzle,
  RfcCoverage,
  Rule,
  StateEvents,
  States,
  Trace,
};
