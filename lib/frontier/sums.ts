/** What choices of one kind (attention, FFN, depth) add up to, or layers made of an attention and an FFN. */
export interface Sums {
  length: number;
  /** Places in their list; of layers, place of the FFN times attention choices plus place of the attention. */
  number: Float64Array;
  /** Seconds in a layer; of depths, the layers. */
  seconds: Float64Array;
  loss: Float64Array;
  /** Sum of the sizes of the loss's summands. */
  size: Float64Array;
  /** Bytes in a layer, by limit. */
  bytes: readonly Float64Array[];
}

/** No choices yet. */
export function none(limits: number): Sums {
  const column = () => new Float64Array(0);
  return {
    ...{ length: 0, number: column(), seconds: column(), loss: column(), size: column() },
    bytes: Array.from({ length: limits }, column),
  };
}

/** Of some choices those at the places `order`. */
export function pick(sums: Sums, order: readonly number[]): Sums {
  const some = (values: Float64Array) => {
    const picked = new Float64Array(order.length);
    for (let i = 0; i < order.length; i++) picked[i] = values[order[i]];
    return picked;
  };
  const { number, seconds, loss, size, bytes } = sums;
  return {
    ...{ length: order.length, number: some(number), seconds: some(seconds) },
    ...{ loss: some(loss), size: some(size), bytes: bytes.map(some) },
  };
}

/** Choices of both. */
export function join(x: Sums, y: Sums): Sums {
  const both = (ofX: Float64Array, ofY: Float64Array) => {
    const values = new Float64Array(x.length + y.length);
    values.set(ofX);
    values.set(ofY, x.length);
    return values;
  };
  return {
    ...{ length: x.length + y.length, number: both(x.number, y.number), seconds: both(x.seconds, y.seconds) },
    ...{ loss: both(x.loss, y.loss), size: both(x.size, y.size) },
    bytes: x.bytes.map((each, limit) => both(each, y.bytes[limit])),
  };
}
