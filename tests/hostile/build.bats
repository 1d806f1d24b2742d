# The protection of the binaries of a plain "make" against overflows.
load helper

@test "a plain make hardens both binaries" {
	local binary
	for binary in "$HUPD" "$HUPCTL"; do
		readelf -hW "$binary" | grep 'Type: .*DYN'
		readelf -dW "$binary" | grep -E 'BIND_NOW|FLAGS.*NOW'
		readelf -lW "$binary" | grep GNU_RELRO
		readelf -sW --dyn-syms "$binary" | grep __stack_chk_fail
		[[ $HUPD_BUILD = */san ]] ||
		    readelf -sW --dyn-syms "$binary" | grep -E '__[a-z]+_chk'
	done
}

# built WITHOUT ...: binaries without these libraries.  Only the files that use
# a library are compiled again: the others are those of the build.
built() {
	local name
	[ -e "$HUPD_BUILD/obj/hupd.o" ] ||
	    skip "needs the objects of the build"
	mkdir "$T/b"
	cp -r "$HUPD_BUILD/obj" "$T/b"
	make -s -C "$TOP" B="$T/b" "$@" "$T/b/flags"
	find "$T/b/obj" -name '*.o' -exec touch {} +
	for name in process/probe process/filter process/sandbox output/confine; do
		rm "$T/b/obj/$name.o"
	done
	make -s -C "$TOP" B="$T/b" "$@"
	HUPD=$T/b/hupd HUPCTL=$T/b/hupctl
}

# refused KEY VALUE LIBRARY: the key is refused before the commit.  As "try" or
# "off" says, the program starts without it.
refused() {
	local pid word why="this hupd was built without $3"
	sleeper web
	ctl reload
	pid=$(pid_of web)
	echo "$1 = $2" >>"$T/hupd.d/web.conf"
	run -6 ctl reload
	[[ $output == *"web.conf:2: $1: is not possible: $why"* ]]
	[ "$(pid_of web)" = "$pid" ]
	hupd_stop
	for word in try off; do
		change web "sandbox = $word"
		hupd_start
		wait_for 10 is_state web up
		[ "$word" != try ] ||
		    wait_for 10 logged "web: starts without $1, which is not possible: $why"
		hupd_stop
	done
	hupd_start
}

@test "a build without libcap works, and names it when it is needed" {
	built WITHOUT_LIBCAP=1
	run ! grep libcap <(ldd "$HUPD")
	hupd_start
	refused capability-bounding-set CAP_CHOWN libcap
	refused ambient-capabilities CAP_CHOWN libcap
	# The rest of a sandbox is there.
	change web 'restrict-realtime = yes'
	change web 'sandbox = enforce'
	sed -i '/capabilities/d' "$T/hupd.d/web.conf"
	run -0 ctl reload
}

@test "a build without libseccomp works, and names it when it is needed" {
	built WITHOUT_LIBSECCOMP=1
	run ! grep libseccomp <(ldd "$HUPD")
	hupd_start
	refused restrict-realtime yes libseccomp
	refused private-devices yes libseccomp
	change web 'private-network = yes'
	change web 'sandbox = enforce'
	sed -i '/private-devices/d' "$T/hupd.d/web.conf"
	run -0 ctl reload
}
