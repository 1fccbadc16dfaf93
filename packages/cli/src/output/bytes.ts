const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** An amount of bytes for people, with decimal units: `17 bytes`, `2.1 kB`, `35 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit === 0 || value >= 9.95 ? value.toFixed(0) : value.toFixed(1);
  return `${text} ${UNITS[unit]}`;
}
