# shellcheck shell=bash disable=SC2154
# install.bash - the ways of installing hupd, and how the tests of the packages
# upgrade and remove it.

load helper

install_deb() {
	cp "$1" "$(root)/root/hupd.deb"
	x dpkg --install /root/hupd.deb
}

install_rpm() {
	# rpm -i checks the dependencies against what Debian's libraries provide.
	"$TOP/tests/init/mkprovides" "$(root)" "$BATS_FILE_TMPDIR"
	cp "$BATS_FILE_TMPDIR"/*/*.rpm "$RPM" "$(root)/root/"
	x sh -c 'rpm --force-debian -i /root/debian-root-provides*.rpm'
	x rpm --force-debian -i "/root/${RPM##*/}"
}

# The commands of README.md, for a root without a compiler.
install_make() {
	local block
	block=$(readme_block openrc | grep '^make ')
	[ "$block" = "make install PREFIX=/usr INIT=openrc" ]
	eval "${block/make/make -s -C $TOP DESTDIR=$(root)}"
	x adduser --quiet --system --group --no-create-home hupd
}

# Boot a machine with hupd installed in the way $HOW, unless it is up.
machine_installed() {
	! machine_is_up || return 0
	case $HOW in
	deb-sysv)	machine_up sysv; install_deb "$DEB" ;;
	deb-openrc)	machine_up openrc; install_deb "$DEB" ;;
	rpm-sysv)	machine_up sysv; install_rpm ;;
	openrc)		machine_up openrc; install_make ;;
	esac
}

# A daemon that can re-execute can take programs over after a crash as well.
can_take_over() {
	grep -qw reexec <<<"$(x hupctl help 2>&1)"
}

# The running daemon is of the version that was installed last.
upgraded() {
	can_take_over || skip "hupctl has no reexec"
	wait_for 5 x hupctl ping
	[[ $(x hupctl ping) == *" $LATER "* ]]
	[ "$(x readlink "/proc/$(hupd_pid)/exe")" = /usr/sbin/hupd ]
}

upgrade_deb() {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	install_deb "$LATER_DEB"
	[ "$(pids)" = "$before" ]
	run -0 I status
	upgraded
	install_deb "$DEB"
	[ "$(pids)" = "$before" ]
}

upgrade_deb_edited() {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	x sh -c 'echo HUPD_OPTS=-v >>/etc/default/hupd'
	x sh -c "echo garbage >$CONF/base.conf.dpkg-dist"
	cp "$LATER_DEB" "$(root)/root/hupd.deb"
	x dpkg --install --force-confold /root/hupd.deb
	run -0 x grep -x HUPD_OPTS=-v /etc/default/hupd
	run -0 I reload
	[ "$(pids)" = "$before" ]
	cp "$DEB" "$(root)/root/hupd.deb"
	x dpkg --install --force-confnew --force-confask /root/hupd.deb
	x sh -c 'rm -f /etc/default/hupd.dpkg-*; sed -i /^HUPD_OPTS/d \
	    /etc/default/hupd'
}

upgrade_deb_rejected() {
	local before
	programs
	I start
	wait_for 5 keeper_pid front
	before=$(pids)
	bad_program
	cp "$LATER_DEB" "$(root)/root/hupd.deb"
	run -0 x dpkg --install /root/hupd.deb
	echo "$output"
	[ "$(pids)" = "$before" ]
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
	# Nor does it fail where hupd cannot start at all.
	service_reset
	bad_program
	run -0 x dpkg --install /root/hupd.deb
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
	rm "$(root)$CONF/bad.conf"
	install_deb "$DEB"
}

remove_deb() {
	programs
	I start
	wait_for 5 keeper_pid front
	x dpkg --remove hupd
	[ -z "$(hupd_processes)" ]
	refute keeper_pid base
	# It stays as a configuration file, which debhelper makes no program.
	run -0 x sh /etc/init.d/hupd start
	[ "$output" = "hupd is not installed" ]
	run -3 x sh /etc/init.d/hupd status
	x dpkg --purge hupd
	[ ! -e "$(root)/etc/init.d/hupd" ]
	[ ! -e "$(root)/etc/default/hupd" ]
	[ ! -e "$(root)/var/log/hupd" ]
	[ ! -e "$(root)/var/lib/hupd" ]
	[ -e "$(root)$CONF/base.conf" ]
}

readme_deb() {
	local block
	x dpkg --purge hupd
	x rm -f /etc/hupd.conf
	block=$(readme_block debian)
	[ "$(grep -c '^make deb$' <<<"$block")" -eq 1 ]
	x mkdir -p /root/clone/build
	cp "$DEB" "$(root)/root/clone/build/"
	grep -v '^make ' <<<"$block" >"$(root)/root/clone/block"
	x sh -ec 'cd /root/clone; . ./block'
	run -0 I status
	# It has settings to read, which say nothing yet.
	cmp "$TOP/conf.d/hupd.conf" "$(root)/etc/hupd.conf"
	readme_program
}

# The first program of README.md, its change and its mistake.
readme_program() {
	local name
	cp "$TOP/tests/init/keeper" "$(root)/usr/local/bin/ping"
	for name in add change mistake remove; do
		readme_block "$name" >"$(root)/root/block"
		run x sh -e /root/block
		echo "$output"
		case $name in
		add | remove)
			[ "$status" -eq 0 ]
			;;
		change)
			[ "$output" = "$(readme_text change)" ]
			;;
		mistake)
			[ "$status" -eq 6 ]
			[ "$output" = "$(readme_text mistake)" ]
			;;
		esac
	done
	x rm /usr/local/bin/ping
	x test ! -e /etc/hupd.d/ping.conf
}

# Without a package, on SysV init.
readme_sysv() {
	x dpkg --purge hupd
	x rm -f /etc/hupd.conf
	x userdel hupd
	[ "$(readme_block install)" = $'make\nmake install' ]
	make -s -C "$TOP" -o all install DESTDIR="$(root)"
	readme_block sysv >"$(root)/root/block"
	x sh -e /root/block
	run -0 x service hupd status
	run -0 x sh -c 'ls /etc/rc2.d/S*hupd'
	readme_program
	x service hupd stop
	x update-rc.d -f hupd remove
	make -s -C "$TOP" -o all uninstall DESTDIR="$(root)"
	x test ! -e /etc/hupd.conf
	install_deb "$DEB"
}

# Row 19, of OpenRC: hupd is in a runlevel.
boot_in_runlevel() {
	programs
	x rc-update add hupd default
	machine_halt r
	machine_boot
	grep -E 'hupd.*started' <<<"$(x rc-status)"
	wait_for 10 keeper_pid front
	run -0 x rc-service hupd reload
	bad_program
	run -6 x rc-service hupd reload
	[[ $output == *"$CONF/bad.conf:2: comand: "* ]]
}
