# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Run on the host before 95-ustreamer.sh, in the job's folder: Debian's own packages of what it needs.
set -eu
chmod 755 .
cd debs
apt-get download -qq ustreamer libevent-2.1-7 libevent-core-2.1-7 libevent-pthreads-2.1-7 \
	libjpeg62-turbo libbsd0 libmd0
