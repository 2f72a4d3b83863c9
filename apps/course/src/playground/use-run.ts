/** The run that the page shows: its world, its clock on the reader's clock, and its link. */
import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import { readRun, writeRun, type Action } from './action.ts';
import { World } from './world.ts';

export interface Run {
  readonly world: World;
  /** One more with each change of the world. */
  readonly version: number;
  readonly playing: boolean;
  /** Virtual seconds to a second of the reader's. */
  readonly speed: number;
  readonly setSpeed: (speed: number) => void;
  readonly play: () => void;
  readonly pause: () => void;
  readonly step: () => void;
  /** Take back the newest action, or else the newest step. */
  readonly back: () => void;
  readonly act: (action: Action) => void;
  readonly begin: (world: World) => void;
}

/** However long the next timer takes: with nothing on the wire the reader waits this long for it, in milliseconds. */
const PATIENCE = 1500;
/** With reduced motion the clock goes from event to event, in this rhythm. */
const RHYTHM = 1000;

export function useRun(): Run {
  const [world, setWorld] = useState(() => fromHash() ?? new World(1));
  const [version, changed] = useReducer((count: number) => count + 1, 0);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(0.05);
  const written = useRef('');

  useEffect(() => {
    if (!playing) return undefined;
    const stopped = () => {
      if (world.nextTime() !== Infinity) return false;
      setPlaying(false);
      return true;
    };
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      const timer = setInterval(() => {
        if (!stopped()) world.step();
        changed();
      }, RHYTHM);
      return () => clearInterval(timer);
    }
    let last = performance.now();
    let request = 0;
    const frame = (now: number) => {
      const passed = Math.min(100, now - last);
      last = now;
      if (stopped()) return;
      world.advance(Math.round(world.now + passed * 1000 * pace(world, speed)));
      changed();
      request = requestAnimationFrame(frame);
    };
    request = requestAnimationFrame(frame);
    return () => cancelAnimationFrame(request);
  }, [playing, world, speed]);

  // The address follows what was done, not the clock: browsers allow few changes of it in a second.
  useEffect(() => {
    if (playing) return undefined;
    const timer = setTimeout(() => {
      const { deeds, steps } = world;
      written.current = deeds.length + steps === 0 ? '' : `#${writeRun(world.record)}`;
      if (written.current !== location.hash)
        history.replaceState(history.state, '', written.current === '' ? location.pathname : written.current);
    }, 250);
    return () => clearTimeout(timer);
  }, [world, version, playing]);

  useEffect(() => {
    const onHashChange = () => {
      if (location.hash === written.current) return;
      const linked = fromHash();
      if (linked === null) return;
      setPlaying(false);
      setWorld(linked);
      changed();
    };
    addEventListener('hashchange', onHashChange);
    return () => removeEventListener('hashchange', onHashChange);
  }, []);

  const begin = useCallback((next: World) => {
    setPlaying(false);
    setWorld(next);
    changed();
  }, []);
  return {
    world,
    version,
    playing,
    speed,
    setSpeed,
    begin,
    play: () => setPlaying(true),
    pause: () => setPlaying(false),
    step: () => {
      setPlaying(false);
      world.step();
      changed();
    },
    back: () => begin(World.replay(before(world))),
    act: (action) => {
      world.act(action);
      changed();
    },
  };
}

/** Slow enough to see a segment fly, and not slower than the reader's patience while none does. */
function pace(world: World, speed: number): number {
  if (world.flights.some(({ arrives }) => arrives !== Infinity)) return speed;
  return Math.max(speed, world.wait / 1000 / PATIENCE);
}

function before(world: World) {
  const { record } = world;
  const newest = record.deeds.at(-1);
  if (newest !== undefined && newest.steps === record.steps) {
    return { ...record, deeds: record.deeds.slice(0, -1), time: newest.time };
  }
  const steps = Math.max(0, record.steps - 1);
  return { ...record, steps, time: newest?.time ?? 0 };
}

function fromHash(): World | null {
  const record = readRun(location.hash);
  return record === null ? null : World.replay(record);
}
