/** What a script sets and the kernel has no sysctl for: metrics of its route. */
import type { NamedSettings } from '@tcblab/drill/script';
import { defaultSettings } from '@tcblab/tcp';
import type { RouteMetrics } from '../namespace/index.ts';

/** @param segment what the peer takes, in octets: the kernel counts the initial window in segments */
export function metricsOf(settings: NamedSettings, segment: number | null): RouteMetrics {
  const { minRto = defaultSettings.minRto, initialWindow = 0 } = settings;
  const octets = segment ?? FULL_SEGMENT;
  return {
    minimumRto: Math.round(minRto / 1000),
    initialWindow: initialWindow === 0 ? initialSegments(octets) : Math.ceil(initialWindow / octets),
  };
}

/** @returns whether the route tells the kernel exactly what this assignment asks for */
export function toldByRoute(name: string, value: string, segment: number | null): boolean {
  return name === 'tcblab.initialWindow' && Number(value) % (segment ?? FULL_SEGMENT) === 0;
}

const FULL_SEGMENT = 1460;

/** @rfc 5681 3.1 */
function initialSegments(octets: number): number {
  if (octets > 2190) return 2;
  return octets > 1095 ? 3 : 4;
}
