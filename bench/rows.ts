/**
 * @module
 * Rows of the benchmark table, and the arithmetic that they share.
 */

export interface Row {
  /** The table's section. */
  readonly group: string
  readonly name: string
  /** The figure as measured, with its unit: of this machine, in this run. */
  readonly figure: string
  /** The figure over another of the same run; null: a figure that stands for itself. */
  readonly ratio: number | null
  /** What the ratio is over. */
  readonly over: string
  /** The goal for the ratio, or for the figure of a row without a ratio; null without a goal. */
  readonly goal: { readonly most?: number; readonly least?: number; readonly unit?: string } | null
  /** The number that the goal is about. */
  readonly measured: number
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export const reached = ({ goal, measured }: Row): boolean | null =>
  goal === null ? null : measured <= (goal.most ?? Number.POSITIVE_INFINITY) && measured >= (goal.least ?? 0)

/** Runs every subject once per round, in turn, so that what the machine does meanwhile meets all alike. */
export async function interleaved<T extends string>(
  names: readonly T[],
  rounds: number,
  measure: (name: T) => Promise<number>,
): Promise<Map<T, number>> {
  const values = await inRounds(names, rounds, measure)
  return new Map(names.map(name => [name, median(values.get(name) ?? [])]))
}

/** As `interleaved`, with the value of each round. */
export async function inRounds<T extends string>(
  names: readonly T[],
  rounds: number,
  measure: (name: T) => Promise<number>,
): Promise<Map<T, number[]>> {
  const values = new Map<T, number[]>(names.map(name => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const name of names) values.get(name)?.push(await measure(name))
  return values
}

/**
 * Measures in rounds within each of several launches, and joins what they give: one process of workerd is a tenth or two
 * quicker than the next of the same, by where its memory lies.
 */
export async function launched<T extends string>(
  launches: number,
  launch: () => Promise<Map<T, number[]>>,
): Promise<Map<T, number[]>> {
  const all = new Map<T, number[]>()
  for (let at = 0; at < launches; at++)
    for (const [name, values] of await launch()) all.set(name, [...(all.get(name) ?? []), ...values])
  return all
}

/** One over the other in the same round, as the median of all: slower moments of the machine meet both. */
export const ratioOf = (values: readonly number[], over: readonly number[]): number =>
  median(values.map((value, round) => value / (over[round] ?? Number.NaN)))
