#!/bin/sh
# Shows that the library needs no standard library: builds it as no_std with and without libm, for wasm32 and a bare-metal
# target where those are installed, and links a no_std static library against it on the host.
set -eu
cd "$(dirname "$0")/../../.."
target="${CARGO_TARGET_DIR:-target}/no-std"
for features in "" "libm"; do
    cargo build --quiet -p kl-approx --lib --no-default-features --features "$features" --target-dir "$target"
    echo "no_std, features [$features]: builds"
    for triple in wasm32-unknown-unknown thumbv7em-none-eabihf; do
        if [ -d "$(rustc --print sysroot)/lib/rustlib/$triple/lib" ]; then
            cargo build --quiet -p kl-approx --lib --no-default-features --features "$features" --target-dir "$target" --target "$triple"
            echo "no_std, features [$features], $triple: builds"
        else
            echo "$triple: not installed"
        fi
    done
done
# A crate that has no std at all: were std anywhere below, its panic handler would be a duplicate and this would not compile.
cat > "$target/user.rs" <<'RUST'
#![no_std]
use core::panic::PanicInfo;
#[panic_handler]
fn panic(_: &PanicInfo) -> ! { loop {} }
#[unsafe(no_mangle)]
pub extern "C" fn kl(log_alpha: f64) -> f64 {
    kl_approx::exact::kl(log_alpha) + kl_approx::weight::kl(&kl_approx::Exact, 0.5, log_alpha).value
}
RUST
rustc --edition 2024 --crate-type staticlib -C panic=abort -O --extern kl_approx="$target/debug/libkl_approx.rlib" \
    -L "$target/debug/deps" "$target/user.rs" --out-dir "$target"
echo "a no_std static library links against it"
