/** The pages of the server itself: all runs, or one of them. */
import { showRuns } from './list-view.ts';
import { showRun } from './run-view.ts';

const into = document.querySelector('main');
const id = /^\/runs\/([^/]+)$/.exec(location.pathname)?.[1];
if (into !== null) {
  if (id === undefined) void showRuns(into);
  else showRun(into, decodeURIComponent(id));
}
