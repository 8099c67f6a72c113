#!/usr/bin/env bash
# The demo: for every suite a small set, embedded respondents and a report. Started again, it starts afresh.
#   demo.sh HANDEYE DIR     makes it in DIR, which is new, empty, or holds an earlier demo
#   demo.sh --clean DIR     removes it
# Nothing is removed but what the demo makes, and only where its mark is.
set -euo pipefail
handeye=$1
out=${2%/}
mark=.handeye-demo
made="set pixels simulated clips prior motion premises oracle accepts small-grids small
  compare.html report.html visualact.html premise.html small.html"
if [ -z "$out" ] || [ -L "$out" ] || { [ -e "$out" ] && [ ! -d "$out" ]; }; then
  [ "$handeye" != --clean ] || exit 0
  echo "error: '$2' can be no folder of the demo; give a new or empty folder: make demo DEMO=DIR" >&2
  exit 2
fi
if [ -d "$out" ] && [ -n "$(ls -A -- "$out")" ]; then
  if [ ! -f "$out/$mark" ]; then
    [ "$handeye" != --clean ] || exit 0
    echo "error: '$out' has no mark of a demo ($mark); nothing was removed: give a new or empty folder" >&2
    exit 2
  fi
  for name in $made; do rm -rf -- "${out:?}/$name"; done
fi
if [ "$handeye" = --clean ]; then
  rm -f -- "$out/$mark"
  rmdir -- "$out" 2>/dev/null || true
  exit 0
fi
mkdir -p -- "$out"
: > "$out/$mark"
say() { printf '\n$ handeye %s\n' "$*"; "$handeye" "$@"; }

say rose generate "$out/set" --seed 7 --scenes 40
say rose verify "$out/set"
say run rose --model handeye/pixels --data "$out/set" --templates all --out "$out/pixels"
say run rose --model handeye/simulated --data "$out/set" --templates all --out "$out/simulated" \
  --model-arg faults=ignore_region=0.3,miscount=0.1,break_grammar=0.05,refuse=0.03 --model-arg seed=7
say rose diagnose "$out/simulated"
say compare "$out/pixels" "$out/simulated" --out "$out/compare.html"
say report "$out/pixels" "$out/simulated" --out "$out/report.html"
say visualact generate "$out/clips" --seed 7 --clips 24
say run visualact --model handeye/prior --data "$out/clips" --out "$out/prior"
say run visualact --model handeye/motion --data "$out/clips" --out "$out/motion"
say report "$out/prior" "$out/motion" --out "$out/visualact.html"
say premise generate "$out/premises" --seed 7 --families 8
say run premise --model handeye/oracle --data "$out/premises" --out "$out/oracle"
say run premise --model handeye/simulated --data "$out/premises" --out "$out/accepts" \
  --model-arg faults=accept=0.4,deaf=0.3 --model-arg letters=true
say report "$out/oracle" "$out/accepts" --out "$out/premise.html"
pages="$out/report.html, $out/compare.html, $out/visualact.html and $out/premise.html"
# The small model needs torch, which the base install does without (pip install 'handeye[local]').
has_torch='import importlib.util as u, sys; sys.exit(not (u.find_spec("torch") and u.find_spec("transformers")))'
if "$(dirname "$handeye")/python" -c "$has_torch"; then
  say rose generate "$out/small-grids" --seed 7 --scenes 60 --sources pixel-content --grid 2:8
  say run rose --model handeye/small --data "$out/small-grids" --templates all --out "$out/small"
  say rose diagnose "$out/small"
  say report "$out/small" --out "$out/small.html"
  pages="$pages, $out/small.html"
fi
printf '\nOpen %s in a browser.\n' "$pages"
