#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Look into several Debian releases at once without touching the system's apt:
#   apt.sh refresh [--force]       fetch the package lists, at most once a day
#   apt.sh list REGEX              "name version" of every package with such a name
#   apt.sh download NAME=VERSION   the .deb, into the current folder
# The mirror is the one that this machine's own apt uses.
set -eu
. "${0%/*}/common.sh"

SUITES="bookworm bookworm-updates trixie trixie-updates trixie-backports sid experimental"
STATE=$CACHE/apt/$DEB_ARCH
export APT_CONFIG="$STATE/apt.conf"

instead="or do without: KERNEL=path/to/bzImage KSRC=path/to/linux"

# indextargets looks at the system's configuration, not at ours.
# shellcheck disable=SC2016
targets()
{
	env -u APT_CONFIG apt-get indextargets "$@" 'Identifier: Packages' \
		--format '$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(CODENAME)|$(RELEASE)' 2>/dev/null || :
}

# Debian's main archive; of several, the one this machine's release comes from.
# Without fetched lists apt knows no origin, only the names of the releases.
mirror()
{
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release | tr -d '"')
	targets | awk -F'|' -v own="$codename" '
		$2 == "Debian" && $3 == "Debian" {
			if (!any) any = $1
			if ($4 == own || $5 == own) { print $1; found = 1; exit }
		}
		END { if (!found && any) print any }' | grep . ||
	targets --no-release-info | awk -F'|' -v own="$codename" '
		$5 == own && $1 ~ /debian/ { print $1; exit }' | grep .
}

keyring()
{
	for file in ${KEYRING:+"$KEYRING"} /usr/share/keyrings/debian-archive-keyring.gpg \
		/usr/share/keyrings/debian-archive-keyring.pgp; do
		[ -f "$file" ] && echo "$file" && return
	done
	return 1
}

configure()
{
	uri=$(mirror) ||
		die "this machine's apt knows no Debian archive: apt-get update as root, $instead"
	keys=$(keyring) ||
		die "no Debian archive keyring: apt-get install debian-archive-keyring, $instead"
	mkdir -p "$STATE/lists/partial" "$STATE/cache/archives/partial"

	# How to reach a mirror (proxies and the like) is the machine's business;
	# its hooks and its installed packages are not ours.
	{
		env -u APT_CONFIG apt-config dump | grep '^Acquire::'
		cat <<-EOF
			Dir::Etc::main "/dev/null";
			Dir::Etc::parts "/dev/null";
			Dir::Etc::preferences "/dev/null";
			Dir::Etc::preferencesparts "/dev/null";
			Dir::Etc::sourcelist "$STATE/debian.sources";
			Dir::Etc::sourceparts "/dev/null";
			Dir::State::lists "$STATE/lists";
			Dir::State::status "/dev/null";
			Dir::Cache "$STATE/cache";
			Dir::Cache::srcpkgcache "";
			APT::Architecture "$DEB_ARCH";
			APT::Architectures "$DEB_ARCH";
			APT::Sandbox::User "root";
			Acquire::Languages "none";
		EOF
	} >"$STATE/apt.conf.new"
	mv "$STATE/apt.conf.new" "$STATE/apt.conf"

	# One stanza each, so that one bad suite does not spoil the others.
	for suite in $SUITES; do
		printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' \
			"$uri" "$suite" "$keys"
	done >"$STATE/debian.sources.new"
	mv "$STATE/debian.sources.new" "$STATE/debian.sources"
}

# Fetched within a day, and the cache was not moved since.
fresh()
{
	[ -n "$(find "$STATE/refreshed" -mmin -1440 2>/dev/null)" ] &&
		grep -qsF "\"$STATE/lists\"" "$STATE/apt.conf"
}

# A suite that is gone or signed with a key this machine does not know is left
# out; only if nothing at all can be used is that an error.
refresh()
{
	command -v apt-get >/dev/null || die "no apt-get here: $instead"
	[ "${1:-}" != --force ] && fresh && return 0
	lock "apt-$DEB_ARCH"
	# Whoever held the lock may have done it.
	[ "${1:-}" != --force ] && fresh && return 0

	configure
	note "fetching Debian's package lists"
	status=0
	apt-get -qq -o APT::Update::Error-Mode=any update >"$STATE/update.log" 2>&1 || status=$?
	# shellcheck disable=SC2016
	have=$(apt-get indextargets 'Identifier: Packages' --format '$(RELEASE)' 2>/dev/null |
		sort -u | tr '\n' ' ')
	[ -n "$have" ] ||
		die "no package list could be fetched: see $STATE/update.log, $instead"
	if [ $status -eq 0 ]; then
		touch "$STATE/refreshed"
	else
		note "not every list could be fetched, going on with $have"
		# Try again in an hour.
		touch -d '23 hours ago' "$STATE/refreshed"
	fi
}

case ${1:-} in
refresh)
	refresh "${2:-}"
	;;
list)
	refresh
	apt-cache search --names-only "$2" | cut -d' ' -f1 | xargs -r apt-cache madison |
		awk -F' *[|] *' '{ sub(/^ +/, "", $1); print $1, $2 }' | sort -u
	;;
download)
	refresh
	apt-get -qq download "$2" >&2
	;;
*)
	die "usage: apt.sh refresh [--force] | list REGEX | download NAME=VERSION"
	;;
esac
