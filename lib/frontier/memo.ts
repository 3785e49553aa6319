/** Numbers that a memo keeps, at most. */
const MOST_KEPT = 2 ** 22;

/** Keeps columns of the FFNs of one place, a width or a frame, until it is asked about another. */
export type Memo = (place: string, key: string, make: () => Float64Array[]) => Float64Array[];

/** A memo that is empty. */
export function makeMemo(): Memo {
  let [here, room] = ['', 0];
  let kept = new Map<string, Float64Array[]>();
  return (place, key, make) => {
    if (place !== here) [here, room, kept] = [place, MOST_KEPT, new Map()];
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make();
    const size = made.reduce((total, column) => total + column.length, 0);
    if (size <= room) {
      kept.set(key, made);
      room -= size;
    }
    return made;
  };
}
