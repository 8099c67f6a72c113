#!/usr/bin/env bash
# The demo: a small set, two embedded respondents, a diagnosis, a comparison, one report. Started again, it starts afresh.
set -euo pipefail
handeye=$1
out=$2
rm -rf "$out"
mkdir -p "$out"
say() { printf '\n$ handeye %s\n' "$*"; "$handeye" "$@"; }

say rose generate "$out/set" --seed 7 --scenes 40
say rose verify "$out/set"
say run rose --model handeye/pixels --data "$out/set" --templates all --out "$out/pixels"
say run rose --model handeye/simulated --data "$out/set" --templates all --out "$out/simulated" \
  --model-arg faults=ignore_region=0.3,miscount=0.1,break_grammar=0.05,refuse=0.03 --model-arg seed=7
say rose diagnose "$out/simulated"
say compare "$out/pixels" "$out/simulated" --out "$out/compare.html"
say report "$out/pixels" "$out/simulated" --out "$out/report.html"
printf '\nOpen %s/report.html and %s/compare.html in a browser.\n' "$out" "$out"
