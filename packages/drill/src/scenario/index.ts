export { asDemanded, createEndDriver } from './end-driver.ts';
export type { EndDriver, EndDriverOptions } from './end-driver.ts';
export type { EndListener, EndPort, EndSocket, Errno } from './end-port.ts';
export type {
  EndReport,
  Evidence,
  HostEvidence,
  PlatformFault,
  StepOutcome,
  StepReport,
  TappedFrame,
} from './evidence.ts';
export { fillPattern, findStranger, patternOctet } from './pattern.ts';
export type {
  Data,
  EndCall,
  EndStep,
  Expectation,
  HostName,
  Scenario,
  ScenarioEnd,
  SegmentPattern,
} from './scenario.ts';
