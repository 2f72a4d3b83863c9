export { BenchmarkError, benchmarkDriver, type DriverBenchmarkOptions } from './driver.ts';
export type { Measurement } from './measurements.ts';
