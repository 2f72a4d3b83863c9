import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { REPOSITORY } from '../repository.ts';
import { atLeast, atMost } from './suite.ts';
import { SUITES } from './suites.ts';

test.each(SUITES.map((suite) => [suite.name, suite] as const))(
  '%s names a function that is there',
  async (_, suite) => {
    const module = await import(pathToFileURL(join(REPOSITORY, suite.module)).href);
    expect(module[suite.call]).toBeTypeOf('function');
  },
);

test('a figure is held against its bar from the right side', () => {
  expect(atLeast('speed', 1.2, 1, ' Gbit/s')).toEqual({
    what: 'speed',
    figure: '1.20 Gbit/s',
    bar: '≥ 1 Gbit/s',
    met: true,
  });
  expect(atMost('ratio', 2.5, 2.4, '×')).toMatchObject({ bar: '≤ 2.4×', met: false });
  expect(atLeast('editcap', null, 3)).toMatchObject({ figure: 'not measured', met: null });
});
