# The static hupd in a root that holds nothing but it and busybox: no library,
# no bash, no account, no /etc but hupd's.

load ../system/helper

setup_file() {
	export BUSYBOX=$TOP/build/busybox-static
	[ -x "$BUSYBOX" ] || {
		cd "$BATS_FILE_TMPDIR" &&
		    apt-get -q download busybox-static &&
		    dpkg-deb -x busybox-static_*.deb . &&
		    cp bin/busybox "$BUSYBOX"
	} >&2 || BUSYBOX=
}

setup() {
	[ -n "$BUSYBOX" ] || skip 'there is no static busybox'
	ROOT=$BATS_TEST_TMPDIR/root
	hupd_setup
	mkdir -p "$ROOT"/{bin,dev,proc,run,tmp,var/lib,var/log,etc/hupd.d}
	cp "$BUSYBOX" "$ROOT/bin/busybox"
	cp "$HUPD_BUILD/hupd" "$HUPD_BUILD/hupctl" "$ROOT/bin/"
	chroot "$ROOT" /bin/busybox --install -s /bin
	mknod -m 666 "$ROOT/dev/null" c 1 3
}

# Run lines of sh as process 1 of a machine that has this root.
in_root() {
	{
		echo 'export PATH=/bin; mount -t proc proc /proc'
		cat
	} >"$ROOT/script"
	run timeout 100 unshare --mount --pid --fork --kill-child \
	    --propagation private env -i "$(command -v chroot)" "$ROOT" \
	    /bin/sh -eu /script
	echo "$output"
}

@test "no shared library is needed" {
	local file
	for file in hupd hupctl; do
		run -0 readelf -lW "$ROOT/bin/$file"
		[[ $output != *INTERP* ]]
	done
}

@test "a root with busybox alone: add, reload, take-over, log, stop" {
	in_root <<-'E'
	echo 'settle-time = 0' >/etc/hupd.conf
	hupd
	hupctl add web -- sh -c 'echo it runs; exec sleep 1000'
	hupctl status web
	pid_of() { hupctl status web | awk '$1 == "web" { print $3 }'; }
	pid=$(pid_of)
	echo 'stop-timeout = 3s' >>/etc/hupd.d/web.conf
	hupctl reload
	kill -9 "$(cat /run/hupd.pid)"
	n=0
	until hupctl ping; do
		n=$((n + 1)); [ "$n" -lt 100 ]; sleep 0.1
	done
	[ "$(pid_of)" = "$pid" ]
	hupctl log -n 1 web | grep 'it runs'
	kill -HUP "$(cat /run/hupd.pid)"
	hupctl shutdown
	! kill -0 "$pid" 2>/dev/null
	E
	[ "$status" -eq 0 ]
}

@test "as process 1 it reaps, and ends with its program" {
	cat >"$ROOT/etc/hupd.conf" <<-'E'
	settle-time = 0
	exit-on = job
	E
	echo 'command = sh -c "(sleep 0.1 &); exit 3"
	restart = never' >"$ROOT/etc/hupd.d/job.conf"
	chmod 644 "$ROOT"/etc/hupd.conf "$ROOT"/etc/hupd.d/job.conf
	in_root <<<'exec hupd -d'
	[ "$status" -eq 3 ]
}
