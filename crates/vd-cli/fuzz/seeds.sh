#!/bin/sh
# Makes the seeds of the targets `model` and `checkpoint` from files that this version writes (the others' seeds are committed). Run it after a
# change of a stored layout: old payloads then decode no further than the change.
#
#     crates/vd-cli/fuzz/seeds.sh
set -eu
cd "$(dirname "$0")/../../.."
seeds=crates/vd-cli/fuzz/seeds
place=$(mktemp -d)
trap 'rm -r "$place"' EXIT
header=52 # bytes of the envelope before the payload

# 60 rows: two features that matter, one that does not, a category, a number and a class to predict.
awk 'BEGIN { print "a,b,c,kind,y,class"; for (i = 0; i < 60; i++) { a = (i * 37 % 60) / 10; b = (i * 17 % 60) / 10; c = (i * 29 % 60) / 10;
    k = substr("xyz", i % 3 + 1, 1); print a "," b "," c "," k "," 2 * a - b + (i % 7) / 20 "," (a > b ? "yes" : "no") } }' > "$place/table.csv"

mkdir -p "$seeds/model" "$seeds/checkpoint"
fit() { # NAME MODEL TARGET OTHER-TARGET
    cargo run --quiet --release -p vd-cli -- fit "$place/table.csv" --model "$2" --target "$3" --ignore "$4" --out "$place/$1.vd"
    tail -c +$((header + 1)) "$place/$1.vd" > "$seeds/model/$1"
}
fit linreg linreg y class
fit rvm-regression rvm y class
fit rvm-classes rvm class y
fit l1 l1 class y
fit dsvi dsvi class y

cd crates/vd-cli/fuzz
VD_FUZZ_SEEDS="seeds/checkpoint" cargo +nightly fuzz run -s none checkpoint -- -runs=1 > /dev/null
ls -l seeds/model seeds/checkpoint
