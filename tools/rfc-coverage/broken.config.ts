/** The tests over a source that is broken: BROKEN holds the edit, as JSON `[path, find, replace]`. */
import { mergeConfig, defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

const [path, find, replace] = JSON.parse(process.env['BROKEN'] ?? '["", "", ""]') as [string, string, string];

export default mergeConfig(
  base,
  defineConfig({
    // The cache knows nothing of the edit.
    test: { fsModuleCache: false },
    plugins: [
      {
        name: 'break',
        enforce: 'pre',
        transform: (code: string, id: string) =>
          id.endsWith(path) ? { code: code.replace(find, () => replace), map: null } : null,
      },
    ],
  }),
);
