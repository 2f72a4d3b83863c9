/** What of one RFC this kit's TCP does, row by row. */
export interface CoveredRfc {
  readonly title: string;
  readonly rows: readonly CoveredRequirement[];
}

export interface CoveredRequirement {
  readonly id: string;
  readonly level: string;
  readonly section: string;
  readonly asked: string;
  readonly implemented: string;
  readonly proven: string;
}
