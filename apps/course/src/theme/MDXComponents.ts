/** What a chapter may use without importing it. */
import MDXComponents from '@theme-original/MDXComponents';
import { Trace } from '../trace/trace.tsx';

export default { ...MDXComponents, Trace };
