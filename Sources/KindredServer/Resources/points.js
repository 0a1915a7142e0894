// The map's points: typed arrays, a grid of cells to find the nearest one, and a painter that writes pixels itself.

const cells = 128; // a side; 20,000 points are then a few in a cell

export class Points {
  /** Coordinates are -1…1. */
  constructor({ ids, x, y }) {
    this.ids = Float64Array.from(ids);
    this.x = Float32Array.from(x);
    this.y = Float32Array.from(y);
    this.count = ids.length;
    // The points ordered by cell; `start` says where each cell begins.
    this.start = new Uint32Array(cells * cells + 1);
    for (let i = 0; i < this.count; i++) this.start[this.cell(this.x[i], this.y[i]) + 1] += 1;
    for (let c = 0; c < cells * cells; c++) this.start[c + 1] += this.start[c];
    this.order = new Uint32Array(this.count);
    const free = this.start.slice();
    for (let i = 0; i < this.count; i++) this.order[free[this.cell(this.x[i], this.y[i])]++] = i;
  }

  column(value) {
    return Math.min(cells - 1, Math.max(0, Math.floor(((value + 1) / 2) * cells)));
  }

  cell(x, y) {
    return this.column(y) * cells + this.column(x);
  }

  /** Calls `visit(index)` for the points of a rectangle, and perhaps for some just outside of it. */
  within(left, top, right, bottom, visit) {
    for (let row = this.column(top); row <= this.column(bottom); row++) {
      const from = this.start[row * cells + this.column(left)];
      const to = this.start[row * cells + this.column(right) + 1];
      for (let k = from; k < to; k++) visit(this.order[k]);
    }
  }

  /** The index of the nearest point within a distance, or -1. */
  nearest(x, y, distance) {
    let best = -1;
    let least = distance * distance;
    this.within(x - distance, y - distance, x + distance, y + distance, (i) => {
      const square = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
      if (square <= least) {
        least = square;
        best = i;
      }
    });
    return best;
  }
}

/**
 * Draws points as soft discs of one colour. Writing the alpha of an image's pixels takes a few milliseconds for 20,000
 * points, also where the canvas has no graphics processor behind it; as many calls of the canvas take far longer.
 */
export class Painter {
  constructor(context) {
    this.context = context;
  }

  setColour([red, green, blue]) {
    // Bytes are red, green, blue, alpha; on the little-endian machines that browsers run on red is the lowest.
    this.blank = (red | (green << 8) | (blue << 16)) >>> 0;
  }

  resize(width, height) {
    this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  disc(radius) {
    if (this.radius === radius) return;
    this.radius = radius;
    this.reach = Math.ceil(radius + 0.5);
    const side = 2 * this.reach + 1;
    this.coverage = new Uint8Array(side * side);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const edge = radius + 0.5 - Math.hypot(x - this.reach, y - this.reach);
        this.coverage[y * side + x] = Math.round(170 * Math.min(1, Math.max(0, edge)));
      }
    }
  }

  /** `view` is { x, y, scale }: the point in the middle, and pixels for a unit. Gives how many points were drawn. */
  draw(points, view, radius) {
    const { width, height, data } = this.image;
    this.disc(radius);
    this.pixels.fill(this.blank);
    const { reach, coverage } = this;
    const side = 2 * reach + 1;
    const { x, y, count } = points;
    const offsetX = width / 2 - view.x * view.scale;
    const offsetY = height / 2 - view.y * view.scale;
    let drawn = 0;
    for (let i = 0; i < count; i++) {
      const left = Math.round(x[i] * view.scale + offsetX) - reach;
      const top = Math.round(y[i] * view.scale + offsetY) - reach;
      if (left < 0 || top < 0 || left + side > width || top + side > height) continue;
      drawn += 1;
      for (let row = 0, k = 0; row < side; row++) {
        let alpha = ((top + row) * width + left) * 4 + 3;
        for (let column = 0; column < side; column++, k++, alpha += 4) {
          const old = data[alpha];
          data[alpha] = old + (((255 - old) * coverage[k]) >> 8);
        }
      }
    }
    this.context.putImageData(this.image, 0, 0);
    return drawn;
  }
}
