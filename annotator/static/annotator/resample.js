// Bicubic resampling.
// Done here and not by `drawImage`, whose smoothing differs between browsers: every rater sees what
// the engine draws (Pillow's filter: Keys' cubic, a = -1/2).

/** `{width, height, values}` → values of the new size, row by row. */
export function resample({ width, height, values }, newWidth, newHeight) {
  if (width === newWidth && height === newHeight) return values;
  const rows = transposeResampled(values, width, height, newWidth); // (newWidth, height)
  return transposeResampled(rows, height, newWidth, newHeight); // (newHeight, newWidth)
}

/** (height, width) values → (target, height): resampled along the rows, then transposed. */
function transposeResampled(values, width, height, target) {
  const result = new Float32Array(target * height);
  for (let column = 0; column < target; column++) {
    const { first, weights } = cubicWeights(column, width, target);
    for (let row = 0; row < height; row++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i] * values[row * width + first + i];
      result[column * height + row] = sum;
    }
  }
  return result;
}

function cubicWeights(position, size, target) {
  const scale = size / target;
  const reach = Math.max(1, scale);
  const centre = (position + 0.5) * scale;
  const first = Math.max(0, Math.trunc(centre - 2 * reach + 0.5));
  const end = Math.min(size, Math.trunc(centre + 2 * reach + 0.5));
  const weights = Array.from({ length: end - first }, (_, i) => cubic((first + i - centre + 0.5) / reach));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { first, weights: weights.map((weight) => weight / sum) };
}

function cubic(distance) {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}
