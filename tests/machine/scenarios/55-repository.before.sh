# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Run on the host before 55-repository.sh, in the job's folder: the repository as it is before and after a
# new version was put into it. suite and top are set.
set -eu

GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME" keyring' EXIT
gpg --batch --quiet --passphrase '' --quick-generate-key 'EGM test' ed25519 sign 7d
gpg --batch --export >key.pgp
mkdir keyring
"${top:?}/packaging/build-keyring" key.pgp keyring

repository() {
	"$top/packaging/repository" --into repository --key 'EGM test' --codename "${suite:?}" \
		--uri http://127.0.0.1:8099 "$@"
}

repository debs/egm-streamer.deb keyring/*.deb
cp -r repository/public repository-before
# Made within one second, both would look alike to apt, which asks for what is newer.
find repository-before -type f -exec touch -d '1 hour ago' {} +
repository debs/egm-streamer-next.deb
cp -r repository/public repository-after
