#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# data/openapi.json is what an OpenAPI validator takes, says the same about an instance and a card of
# the console, and has the paths, methods and roles that the program goes by.
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
document=$top_srcdir/data/openapi.json
look=$top_srcdir/tests/checks/openapi.py

command -v python3 >/dev/null || skip_all 'python3 is not there'

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

"$top_builddir/tests/tools/egm-routes" >"$dir/routes"
result $? 'the program tells its paths'
clean "$(python3 "$look" "$document" "$dir/routes" 2>&1)" 'the document has them, and is of one piece'

# It must be able to fail.
sed '0,/"operationId"/s//"operation"/' "$document" >"$dir/nameless.json"
sed '0,/schemas\/Fault"/s//schemas\/Default"/' "$document" >"$dir/dangling.json"
for broken in nameless dangling; do
	! cmp -s "$document" "$dir/$broken.json" &&
		[ -n "$(python3 "$look" "$dir/$broken.json" 2>&1)" ]
	result $? "a $broken one is not"
done
sed '1s/view/teach/' "$dir/routes" >"$dir/routes.role"
sed '1d' "$dir/routes" >"$dir/routes.less"
for other in role less; do
	[ -n "$(python3 "$look" "$document" "$dir/routes.$other" 2>&1)" ]
	result $? "another table is told from it ($other)"
done

# Debian's libjson-validator-perl.
if perl -MJSON::Validator::Schema::OpenAPIv3 -e 1 2>/dev/null; then
	validate() {
		perl -MJSON::Validator -e '
			my $schema = JSON::Validator->new->schema($ARGV[0])->schema;
			print "$_\n" for @{$schema->errors};
			print "no OpenAPI 3\n" if !$schema->isa("JSON::Validator::Schema::OpenAPIv3");
			' "$1" 2>&1
	}
	clean "$(validate "$document")" 'the validator takes it'
	[ -n "$(validate "$dir/nameless.json")" ] || [ -n "$(validate "$dir/dangling.json")" ]
	result $? 'and not everything'
else
	n=$((n + 1))
	echo "ok $n - the validator takes it # SKIP libjson-validator-perl is not there"
fi

finish
