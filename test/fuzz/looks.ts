import { readNames } from '../../src/cors/request-headers.ts'

/** Characters that are looked at while a list of requested headers is read, which is what the scan costs. */
export function looks(list: string, limits: Parameters<typeof readNames>[1]): number {
  let count = 0
  const counting = {
    length: list.length,
    slice: (from: number, to: number) => list.slice(from, to),
    charCodeAt: (at: number) => {
      count++
      return list.charCodeAt(at)
    },
  }
  readNames(counting as unknown as string, limits)
  return count
}
