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
export { judge } from './judge.ts';
export type { Judgement } from './judge.ts';
export { formatProblem, parseScenario } from './parse-scenario.ts';
export type { ParsedScenario } from './parse-scenario.ts';
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
export { describeSighted, sightSegments } from './sighted-segment.ts';
export type { BadSegment, SightedSegment, Sightings } from './sighted-segment.ts';
export { createStackPort } from './stack-port.ts';
export type { UserCalls } from './stack-port.ts';
export type { Problem } from './yaml-reader.ts';
