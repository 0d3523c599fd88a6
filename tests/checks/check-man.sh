#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The pages are well-formed mdoc, have the sections people look for, and name each other right.
#
# mandoc knows the section of the name only as "NAME", and makes two warnings of a translated heading;
# these, and no others, are passed over in translations. man-db, which Debian has, knows 名称 and 名稱.
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
cd "$top_srcdir/man" || exit 1

command -v mandoc >/dev/null || skip_all 'no mandoc'

for page in *.[1-8] zh_*/*.[1-8]; do
	if [ "$(wc -l <"$page")" -eq 1 ] && grep -q '^\.so ' "$page"; then
		link=$(sed 's|^\.so man[0-9]/||' "$page")
		[ -e "$(dirname "$page")/$link" ]
		result $? "$page: an alias of $link"
		continue
	fi
	complaints=$(mandoc -T lint -W warning "$page" 2>&1)
	case $page in
	zh_*)
		complaints=$(echo "$complaints" | grep -v -e ' WARNING: first section is not "NAME": ' \
			-e ' WARNING: description line outside NAME section: Nd$')
		clean "$complaints" "$page: mandoc has nothing to say, but of the heading"
		# The English heading stands above as a comment.
		mark='\\" '
		;;
	*)
		clean "$complaints" "$page: mandoc has nothing to say"
		mark='Sh '
		;;
	esac
	for section in NAME EXAMPLES FILES 'SEE ALSO'; do
		grep -q "^\.$mark$section" "$page"
		result $? "$page: has $section"
	done
	if command -v lexgrog >/dev/null; then
		lexgrog "$page" >/dev/null
		result $? "$page: has a name that whatis finds"
	fi
done

finish
