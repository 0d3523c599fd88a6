#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The page (web/): every word in every language, every file installed, nothing from elsewhere, and
# nothing that its Content-Security-Policy would not let run.
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
top=$(cd "$top_srcdir" && pwd)
cd "$top/web" || exit 1

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# --- words ---

# "key: text", of a file with an entry on each line.
words() {
	sed -n 's/^	"\([^"]*\)": "\(.*\)",\{0,1\}$/\1: \2/p' "lang/$1.json"
}

words en | cut -d : -f 1 | sort >"$dir/en"
[ "$(wc -l <"$dir/en")" -gt 100 ]
result $? 'the words could be read'
for language in zh-Hant zh-Hans; do
	words "$language" | cut -d : -f 1 | sort >"$dir/$language"
	clean "$(comm -3 "$dir/en" "$dir/$language")" "$language has the words that en has"
	for l in en "$language"; do
		words "$l" | awk -F ': ' '{
			rest = $0
			while (match(rest, /\{[a-z]+\}/)) {
				print $1, substr(rest, RSTART, RLENGTH)
				rest = substr(rest, RSTART + RLENGTH)
			}
		}' | sort -u >"$dir/fields-$l"
	done
	clean "$(comm -3 "$dir/fields-en" "$dir/fields-$language")" "$language fills in what en fills in"
done

grep -ohE '\bt\("[^"]*"' js/*.js | sed 's/^t("//; s/"$//' | sort -u >"$dir/used"
clean "$(comm -23 "$dir/used" "$dir/en")" 'each word that is used is there'
# What is made of a kind and a name is used by its kind.
grep -ohE '\b(t\(`[a-z.-]*|word\("[a-z]*)' js/*.js | sed 's/^t(`//; s/^word("\(.*\)/\1./' | sort -u >"$dir/kinds"
unused=$(comm -13 "$dir/used" "$dir/en" | while read -r key; do
	while read -r kind; do
		case $key in
		"$kind"*) continue 2 ;;
		esac
	done <"$dir/kinds"
	case $key in
	start | stop | restart) continue ;;
	esac
	echo "$key"
done)
clean "$unused" 'each word that is there is used'

# --- files ---

find . -name '*.js' -o -name '*.css' -o -name '*.json' -o -name index.html | sed 's|^\./||' | sort >"$dir/files"
sed -n 's/.*%D%\/\([^ ]*\).*/\1/p' local.mk | sort >"$dir/installed"
clean "$(comm -3 "$dir/files" "$dir/installed")" 'each file is installed'
missing=$(grep -ohE '(src|href)="web/[^"]*"' index.html | sed 's/.*"web\///; s/"$//' | while read -r f; do
	[ -f "$f" ] || echo "$f"
done)
clean "$missing" 'the files index.html names are there'
missing=$(grep -nE '^import .* from "' js/*.js | sed 's/^\([^:]*\):.* from "\.\///; s/".*//' | sort -u | while read -r f; do
	[ -f "js/$f" ] || echo "$f"
done)
clean "$missing" 'the modules that are imported are there'
long=$(wc -l js/*.js | awk '$2 != "total" && $1 > 300 { print }')
clean "$long" 'no module is longer than 300 lines'

# --- what the policy does not allow, and what comes from elsewhere ---

clean "$(grep -nE '<style|<script>|style="|[" ]on[a-z]+="|javascript:' index.html)" \
	'index.html has no script or style in itself'
clean "$(grep -nE 'innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|"style"' js/*.js)" \
	'no module makes markup or code of text'
clean "$(grep -nE '(https?:)?//[a-z0-9.-]+\.[a-z]' index.html css/*.css js/*.js | grep -vE 'www\.w3\.org/2000/svg')" \
	'nothing comes from another host'
if command -v node >/dev/null; then
	clean "$(for f in js/*.js; do
		node --check --input-type=module <"$f" 2>&1
	done)" 'the modules can be parsed'
else
	echo "# no node"
fi

finish
