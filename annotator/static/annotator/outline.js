// The line along which a map leaves what is at least `level`: marching squares.

// A cell between four neighbouring points has four sides: 0 top, 1 right, 2 bottom, 3 left. By which
// corners are inside (1 top left, 2 top right, 4 bottom right, 8 bottom left), the sides that the
// line joins. A saddle is joined so that its inside corners stay apart.
const JOINED = [
  [], [[3, 0]], [[0, 1]], [[3, 1]], [[1, 2]], [[3, 0], [1, 2]], [[0, 2]], [[3, 2]],
  [[2, 3]], [[2, 0]], [[0, 1], [2, 3]], [[2, 1]], [[1, 3]], [[1, 0]], [[0, 3]], [],
];

/** `values` (height, width), each at its pixel's centre. What reaches the border is closed there. */
export function outline(values, { width, height }, level) {
  const path = new Path2D();
  const within = (x, y) => x >= 0 && y >= 0 && x < width && y < height;
  const at = (x, y) => (within(x, y) ? values[y * width + x] : -Infinity);
  for (let y = -1; y < height; y++) {
    for (let x = -1; x < width; x++) {
      const corners = [at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)];
      let inside = 0;
      for (let i = 0; i < 4; i++) if (corners[i] >= level) inside |= 1 << i;
      for (const [from, to] of JOINED[inside]) {
        path.moveTo(...crossing(x, y, from, corners, level));
        path.lineTo(...crossing(x, y, to, corners, level));
      }
    }
  }
  return path;
}

/** Where the line meets a side of the cell whose first corner is the centre of pixel (x, y). */
function crossing(x, y, side, corners, level) {
  const [from, to] = [[0, 1], [1, 2], [3, 2], [0, 3]][side];
  const along = share(corners[from], corners[to], level);
  const [column, row] = [[along, 0], [1, along], [along, 1], [0, along]][side];
  return [x + 0.5 + column, y + 0.5 + row];
}

/** How far from `a` to `b` the level is met; beyond the border, at once. */
function share(a, b, level) {
  if (a === -Infinity) return 1;
  if (b === -Infinity) return 0;
  return (level - a) / (b - a);
}
