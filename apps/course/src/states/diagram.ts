/** RFC 9293's state diagram (figure 5): where each state stands in the drawing, and the way of each edge. */
import { translate } from '@docusaurus/Translate';
import type { State } from '@tcblab/tcp/trace';

export const WIDTH = 760;
export const HEIGHT = 812;

export interface Place {
  readonly state: State;
  readonly x: number;
  readonly y: number;
  /** CLOSED stands twice, as in the RFC: where a life begins and where it ends. */
  readonly end?: true;
}

export const PLACES: readonly Place[] = [
  { state: 'CLOSED', x: 380, y: 34 },
  { state: 'LISTEN', x: 380, y: 146 },
  { state: 'SYN-RECEIVED', x: 140, y: 258 },
  { state: 'SYN-SENT', x: 620, y: 258 },
  { state: 'ESTABLISHED', x: 380, y: 366 },
  { state: 'FIN-WAIT-1', x: 140, y: 480 },
  { state: 'CLOSE-WAIT', x: 620, y: 480 },
  { state: 'CLOSING', x: 380, y: 578 },
  { state: 'FIN-WAIT-2', x: 140, y: 660 },
  { state: 'LAST-ACK', x: 620, y: 660 },
  { state: 'TIME-WAIT', x: 380, y: 776 },
  { state: 'CLOSED', x: 620, y: 776, end: true },
];

export interface DrawnEdge {
  readonly old: State;
  readonly new: State;
  /** Path data. */
  readonly way: string;
  /** Where its label begins, ends or has its middle. */
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
  /** What happens, on as many lines as it needs, and what is done about it. */
  readonly event: () => string;
  readonly action: (() => string) | null;
}

const passiveOpen = () => translate({ id: 'states.passive-open', message: 'passive OPEN' });
const activeOpen = () => translate({ id: 'states.active-open', message: 'active OPEN' });
const close = () => translate({ id: 'states.close', message: 'CLOSE' });
const send = () => translate({ id: 'states.send', message: 'SEND' });
const receiveSyn = () => translate({ id: 'states.receive-syn', message: 'receive SYN' });
const receiveSynAck = () => translate({ id: 'states.receive-syn-ack', message: 'receive SYN,ACK' });
const receiveReset = () => translate({ id: 'states.receive-reset', message: 'receive RST' });
const ackOfSyn = () => translate({ id: 'states.ack-of-syn', message: 'receive ACK of SYN' });
const receiveFin = () => translate({ id: 'states.receive-fin', message: 'receive FIN' });
const ackOfFin = () => translate({ id: 'states.ack-of-fin', message: 'receive ACK of FIN' });
const finAndAck = () => translate({ id: 'states.fin-and-ack', message: 'receive FIN and\nACK of FIN' });
const timeout = () => translate({ id: 'states.timeout', message: '2 MSL pass' });
const sendSyn = () => translate({ id: 'states.send-syn', message: 'send SYN' });
const sendSynAck = () => translate({ id: 'states.send-syn-ack', message: 'send SYN,ACK' });
const sendAck = () => translate({ id: 'states.send-ack', message: 'send ACK' });
const sendFin = () => translate({ id: 'states.send-fin', message: 'send FIN' });

type Row = readonly [
  State,
  State,
  string,
  number,
  number,
  DrawnEdge['anchor'],
  () => string,
  (() => string) | null,
];

const ROWS: readonly Row[] = [
  ['CLOSED', 'LISTEN', 'M364 55V124', 356, 87, 'end', passiveOpen, null],
  ['LISTEN', 'CLOSED', 'M396 125V56', 404, 101, 'start', close, null],
  ['CLOSED', 'SYN-SENT', 'M450 30C590 34 660 110 650 236', 646, 108, 'start', activeOpen, sendSyn],
  ['SYN-SENT', 'CLOSED', 'M616 237C612 150 560 70 451 44', 556, 132, 'end', close, null],
  ['LISTEN', 'SYN-RECEIVED', 'M318 156C240 164 172 190 160 236', 262, 192, 'start', receiveSyn, sendSynAck],
  ['SYN-RECEIVED', 'LISTEN', 'M122 237C124 170 200 132 308 140', 138, 150, 'middle', receiveReset, null],
  ['LISTEN', 'SYN-SENT', 'M442 156C510 164 566 190 586 236', 500, 192, 'end', send, sendSyn],
  ['SYN-SENT', 'SYN-RECEIVED', 'M550 258H212', 380, 234, 'middle', receiveSyn, sendSynAck],
  ['SYN-RECEIVED', 'ESTABLISHED', 'M176 279C200 330 240 360 308 365', 216, 320, 'start', ackOfSyn, null],
  ['SYN-SENT', 'ESTABLISHED', 'M584 279C560 330 520 360 452 365', 540, 310, 'end', receiveSynAck, sendAck],
  ['SYN-RECEIVED', 'FIN-WAIT-1', 'M140 279V458', 130, 366, 'end', close, sendFin],
  ['ESTABLISHED', 'FIN-WAIT-1', 'M318 376C250 384 190 410 172 459', 246, 424, 'start', close, sendFin],
  ['ESTABLISHED', 'CLOSE-WAIT', 'M442 376C510 384 570 410 588 459', 514, 424, 'end', receiveFin, sendAck],
  ['FIN-WAIT-1', 'FIN-WAIT-2', 'M124 501V638', 114, 566, 'end', ackOfFin, null],
  ['FIN-WAIT-1', 'CLOSING', 'M210 484C300 490 352 516 368 556', 342, 486, 'start', receiveFin, sendAck],
  ['FIN-WAIT-1', 'TIME-WAIT', 'M164 501C180 600 300 660 356 754', 283, 626, 'start', finAndAck, sendAck],
  ['FIN-WAIT-2', 'TIME-WAIT', 'M144 681C156 750 230 774 308 776', 216, 716, 'start', receiveFin, sendAck],
  ['CLOSING', 'TIME-WAIT', 'M386 599V754', 396, 700, 'start', ackOfFin, null],
  ['CLOSE-WAIT', 'LAST-ACK', 'M620 501V638', 610, 566, 'end', close, sendFin],
  ['LAST-ACK', 'CLOSED', 'M620 681V754', 610, 722, 'end', ackOfFin, null],
  ['TIME-WAIT', 'CLOSED', 'M450 776H548', 500, 768, 'middle', timeout, null],
];

export const EDGES: readonly DrawnEdge[] = ROWS.map(([old, to, way, x, y, anchor, event, action]) => ({
  old,
  new: to,
  way,
  x,
  y,
  anchor,
  event,
  action,
}));
