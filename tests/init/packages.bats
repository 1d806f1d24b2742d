#!/usr/bin/env bats
# packages.bats - scripts, packages and installation, looked at from outside.

bats_require_minimum_version 1.5.0
export HOW=packages
load helper

teardown() {
	! machine_is_up || machine_down
}

# The scripts that are for sh.
scripts() {
	(
		cd "$TOP" || exit
		printf '%s\n' init.d/hupd init.d/hupd.openrc \
		    init.d/functions init.d/openrc-run \
		    init.d/hupd-program init.d/hupd-program.openrc \
		    debian/hupd.postinst debian/hupd.postrm \
		    debian/tests/service tests/init/machine \
		    tests/init/mkroot tests/init/mkprovides tests/init/keeper
	)
}

@test "row 01: shellcheck" {
	cd "$TOP"
	# openrc-run reads variables and has functions of its own.
	# shellcheck disable=SC2046
	shellcheck -s sh -e SC2034,SC2154 $(scripts)
}

@test "row 01: checkbashisms" {
	local script
	cd "$TOP"
	for script in $(scripts); do
		# It reads nothing that says it is for openrc-run.
		sed '1s,.*,#!/bin/sh,' "$script" >"$BATS_TEST_TMPDIR/script"
		checkbashisms "$BATS_TEST_TMPDIR/script"
	done
}

@test "row 01: busybox sh -n" {
	local script
	cd "$TOP"
	for script in $(scripts) conf.d/hupd; do
		busybox sh -n "$script"
	done
}

@test "row 20: lintian finds no error and no warning" {
	lintian --allow-root --fail-on error,warning \
	    "${DEB%.deb}.changes" 2>&1
}

@test "row 20: the source package is built, without error or warning" {
	unpack_source "$BATS_TEST_TMPDIR/hupd"
	cd "$BATS_TEST_TMPDIR/hupd"
	dpkg-buildpackage -us -uc -S -d
	lintian --allow-root --fail-on error,warning ../*_source.changes 2>&1
}

@test "row 20: blhc finds hardening flags in every call of the compiler" {
	blhc --bindnow "$TOP/build/init/deb.log"
}

@test "row 20: hardening-check" {
	dpkg-deb -x "$DEB" "$BATS_TEST_TMPDIR"
	hardening-check --nocfprotection "$BATS_TEST_TMPDIR/usr/sbin/hupd" \
	    "$BATS_TEST_TMPDIR/usr/bin/hupctl"
}

@test "row 20: piuparts" {
	piuparts --basetgz "$TOP/build/init/minbase.tar.gz" \
	    --distribution bookworm --no-upgrade-test "$DEB"
}

@test "row 20: autopkgtest" {
	machine_up sysv
	unpack_source "$(root)/root/src"
	cp "$DEB" "$(root)/root/"
	x autopkgtest --no-built-binaries "/root/${DEB##*/}" /root/src -- null
}

@test "row 21: systemd-analyze verify" {
	local dir=$BATS_TEST_TMPDIR
	dpkg-deb -x "$DEB" "$dir"
	# It looks for the programs of the unit.
	sed "s,=/usr/,=$dir/usr/," "$dir/lib/systemd/system/hupd.service" \
	    >"$dir/hupd.service"
	run -0 systemd-analyze --man=no verify "$dir/hupd.service"
	[ -z "$output" ]
}

# Files below a folder, without what is there in a number that changes.
installed() {
	(cd "$1" && find . ! -type d -printf '%m %P\n' |
	    grep -v -e share/man/ -e share/doc/ | sort -k 2)
}

@test "row 23: make install puts every file in its place" {
	local dir=$BATS_TEST_TMPDIR before after
	# Nothing lands outside, where only the build may write.
	before=$(find /etc/init.d /etc/conf.d /etc/default /etc/hupd.d \
	    /usr/local -newer "$DEB" 2>/dev/null || :)
	# With "-o all" what is built will do, for whatever SYSCONFDIR.
	local make=(make -s -C "$TOP" -o all)
	"${make[@]}" install DESTDIR="$dir/openrc" INIT=openrc PREFIX=/usr
	"${make[@]}" install DESTDIR="$dir/sysv" INIT=sysv
	"${make[@]}" install DESTDIR="$dir/none" INIT=none PREFIX=/opt/h \
	    SYSCONFDIR=/opt/h/etc
	after=$(find /etc/init.d /etc/conf.d /etc/default /etc/hupd.d \
	    /usr/local -newer "$DEB" 2>/dev/null || :)
	[ "$after" = "$before" ]

	diff -u - <(installed "$dir/openrc") <<-E
	644 etc/conf.d/hupd
	644 etc/hupd.conf
	755 etc/init.d/hupd
	755 etc/init.d/hupd-program
	644 etc/logrotate.d/hupd
	755 usr/bin/hupctl
	755 usr/sbin/hupd
	644 usr/share/bash-completion/completions/hupctl
	644 usr/share/fish/vendor_completions.d/hupctl.fish
	644 usr/share/hupd/functions
	755 usr/share/hupd/openrc-run
	644 usr/share/zsh/site-functions/_hupctl
	E
	diff -u - <(installed "$dir/sysv") <<-E
	644 etc/default/hupd
	644 etc/hupd.conf
	755 etc/init.d/hupd
	644 etc/logrotate.d/hupd
	755 usr/local/bin/hupctl
	755 usr/local/sbin/hupd
	644 usr/local/share/bash-completion/completions/hupctl
	644 usr/local/share/fish/vendor_completions.d/hupctl.fish
	644 usr/local/share/hupd/functions
	755 usr/local/share/hupd/hupd-program
	644 usr/local/share/zsh/site-functions/_hupctl
	E
	diff -u - <(installed "$dir/none") <<-E
	755 opt/h/bin/hupctl
	644 opt/h/etc/hupd.conf
	755 opt/h/sbin/hupd
	644 opt/h/share/bash-completion/completions/hupctl
	644 opt/h/share/fish/vendor_completions.d/hupctl.fish
	644 opt/h/share/zsh/site-functions/_hupctl
	E
	[ -d "$dir/openrc/etc/hupd.d" ]
	[ -d "$dir/none/opt/h/etc/hupd.d" ]
	[ -e "$dir/openrc/usr/share/man/man8/hupd.8" ]
	grep -q '^hupd=/usr/local/sbin/hupd$' \
	    "$dir/sysv/usr/local/share/hupd/functions"
	grep -q '^functions=/usr/local/share/hupd/functions$' \
	    "$dir/sysv/etc/init.d/hupd"

	# An administrator's files stay: installed again, and uninstalled.
	echo HUPD_OPTS=-v >>"$dir/sysv/etc/default/hupd"
	echo 'syslog = yes' >"$dir/sysv/etc/hupd.conf"
	"${make[@]}" install DESTDIR="$dir/sysv" INIT=sysv
	"${make[@]}" uninstall DESTDIR="$dir/openrc" INIT=openrc PREFIX=/usr
	"${make[@]}" uninstall DESTDIR="$dir/sysv"
	[ -z "$(find "$dir/openrc" ! -type d)" ]
	[ "$(cd "$dir/sysv" && find . ! -type d | sort)" = ./etc/default/hupd$'\n'./etc/hupd.conf ]
	[ "$(cat "$dir/sysv/etc/hupd.conf")" = 'syslog = yes' ]
}
