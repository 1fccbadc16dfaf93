/** The release of uv that is fetched where the machine has none; hashes as published on PyPI. */
export const UV_VERSION = "0.13.9";

/** Oldest uv on PATH that knows everything asked of it here. */
export const OLDEST_UV = "0.5.0";

/** Wheel by platform as Python names it (see python-probe.ts). */
export const UV_WHEELS: Readonly<Record<string, { readonly file: string; readonly sha256: string }>> = {
  "linux-x86_64": {
    file: "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    sha256: "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
  },
  "linux-x86_64-musl": {
    file: "uv-0.13.9-py3-none-musllinux_1_1_x86_64.whl",
    sha256: "2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25",
  },
  "linux-aarch64": {
    file: "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
    sha256: "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
  },
  "linux-aarch64-musl": {
    file: "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
    sha256: "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
  },
  "macosx-x86_64": {
    file: "uv-0.13.9-py3-none-macosx_10_12_x86_64.whl",
    sha256: "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
  },
  "macosx-arm64": {
    file: "uv-0.13.9-py3-none-macosx_11_0_arm64.whl",
    sha256: "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
  },
};

/** Python names a Mac's platform with the system's version in between: `macosx-14.0-arm64`. */
export function uvWheelFor(platform: string): { readonly file: string; readonly sha256: string } | null {
  return UV_WHEELS[platform.replace(/^macosx-[\d.]+-/, "macosx-")] ?? null;
}
