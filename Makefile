# hupd - see "make help".

VERSION = 0.1.0

# The user's: CC, CPPFLAGS, CFLAGS, LDFLAGS, DESTDIR and these.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config

# B: where everything made lies; the sanitized build has a folder of its own.
B = build

# The rooms of src/.  tests/lint/rooms says which room may include which.
rooms = base config wire process output program daemon client import

# The project's own flags; the user's come after them.
bsd_cflags := $(shell $(PKG_CONFIG) --cflags libbsd-overlay 2>/dev/null)
bsd_libs := $(shell $(PKG_CONFIG) --libs libbsd-overlay 2>/dev/null)
# Its other flags ask for what _GNU_SOURCE gives.
curses_cflags := $(shell $(PKG_CONFIG) --cflags-only-I ncursesw 2>/dev/null)
curses_libs := $(shell $(PKG_CONFIG) --libs ncursesw 2>/dev/null)
missing = $(if $(bsd_libs),,libbsd) $(if $(curses_libs),,ncursesw)
hupd_cppflags = -D_GNU_SOURCE -DLIBBSD_OPENBSD_VIS $(bsd_cflags) \
	$(curses_cflags) \
	-Isrc -DHUPD_VERSION='"$(VERSION)"' -DHUPD_SYSCONFDIR='"$(SYSCONFDIR)"'
hupd_cflags = -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wformat=2 -Wvla \
	-Wundef -Wswitch-enum -Wconversion -Wno-sign-conversion \
	$(if $(WERROR),-Werror)
# Harden by default.  The C library's own checks need an optimizing compiler,
# and would hide overflows from the sanitizers.
optimizes = $(and $(filter -O%,$(CFLAGS)),$(if $(filter -O0 -fsanitize%,\
	$(CFLAGS)),,yes))
hardening_cflags = -fstack-protector-strong -fPIE \
	$(if $(optimizes),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
hardening_ldflags = -pie -Wl,-z,relro,-z,now
compile = $(CC) $(hupd_cppflags) $(hardening_cflags) $(CPPFLAGS) \
	$(hupd_cflags) $(CFLAGS)
link = $(CC) $(CFLAGS) $(hardening_ldflags) $(LDFLAGS)

all: $(B)/hupd $(B)/hupctl

# All but the mains is an archive, so that each binary and each test pulls in
# what it uses and nothing more.
parts = $(patsubst src/%.c,%,$(foreach r,$(rooms),$(sort $(wildcard src/$(r)/*.c))))

$(B)/hupctl: libs = $(curses_libs)
$(B)/hupd $(B)/hupctl: $(B)/%: $(B)/obj/%.o $(B)/libhupd.a
	$(link) -o $@ $^ $(libs) $(bsd_libs)

$(B)/libhupd.a: $(parts:%=$(B)/obj/%.o)
	rm -f $@
	$(AR) rcs $@ $^

$(B)/obj/%.o: src/%.c $(B)/flags | $(if $(strip $(missing)),no-library)
	@mkdir -p $(@D)
	$(compile) -MMD -MP -c -o $@ $<

# Other flags, other objects.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(compile) $(link))' | cmp -s - $@ || \
	    echo '$(subst ','\'',$(compile) $(link))' >$@

no-library:
	@echo 'hupd needs libbsd, ncursesw and pkg-config; not found:' $(missing) >&2
	@echo '  Debian, Devuan  apt-get install gcc make pkg-config libbsd-dev libncurses-dev' >&2
	@echo '  Alpine          apk add build-base pkgconf libbsd-dev ncurses-dev' >&2
	@echo '  Gentoo          emerge dev-libs/libbsd sys-libs/ncurses virtual/pkgconfig' >&2
	@echo '  Fedora, RHEL    dnf install gcc make pkgconf libbsd-devel ncurses-devel' >&2
	@false

# A unit test links what it uses of its own layer and below.
unit_tests = $(patsubst tests/unit/%_test.c,$(B)/unit/%_test,\
	$(wildcard tests/unit/*_test.c))
unit: $(unit_tests)

$(B)/unit/%_test: tests/unit/%_test.c $(B)/libhupd.a $(B)/flags
	@mkdir -p $(@D)
	$(compile) -MMD -MP -MT $@ -MF $@.d $(LDFLAGS) -o $@ $< \
	    $(B)/libhupd.a -lcmocka $(bsd_libs)

# Programs that the tests and the examples run.
$(B)/examples/%: examples/src/%.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) -MMD -MP -MT $@ -MF $@.d $(LDFLAGS) -o $@ $<

$(B)/tools/%: tests/tools/%.c $(B)/libhupd.a $(B)/flags
	@mkdir -p $(@D)
	$(compile) -MMD -MP -MT $@ -MF $@.d $(LDFLAGS) -o $@ $< \
	    $(B)/libhupd.a $(bsd_libs)

tools: $(patsubst tests/tools/%.c,$(B)/tools/%,$(wildcard tests/tools/*.c)) \
	$(patsubst examples/src/%.c,$(B)/examples/%,$(wildcard examples/src/*.c))

-include $(wildcard $(B)/obj/*.d $(B)/obj/*/*.d $(B)/unit/*.d $(B)/tools/*.d $(B)/examples/*.d)

run:
	@examples/demo.sh

# The suites; tests/run sums up what they say.
check:
	@tests/run lint unit golden system san hostile fuzz faults chaos init
check-unit check-golden check-system check-san check-hostile check-init lint:
	@tests/run $(@:check-%=%)

coverage:
	@tests/coverage

analyze:
	@tests/analyze/run

# What tests/lint/run compiles with.
print-flags:
	@printf '%s\n' $(hupd_cppflags) $(hupd_cflags)

print-version:
	@echo '$(VERSION)'

clean:
	rm -rf build

help::
	@echo 'make              build/hupd and build/hupctl'
	@echo 'make run          show what hupd does, with programs of its own'
	@echo 'make check        every test; check-unit, check-golden,'
	@echo '                  check-system, check-san, check-hostile, check-fuzz,'
	@echo '                  check-faults, check-chaos, check-init and lint are'
	@echo '                  its parts'
	@echo 'make coverage     which lines the tests reach'
	@echo 'make analyze      what gcc -fanalyzer, clang-tidy and cppcheck find'
	@echo 'make clean        remove build/'
	@echo 'Variables: CC CPPFLAGS CFLAGS LDFLAGS DESTDIR PREFIX SYSCONFDIR,'
	@echo 'WERROR=1 to have warnings fail the build.'

.PHONY: all unit tools run check check-unit check-golden check-system \
	check-san check-hostile check-init lint coverage analyze print-flags \
	print-version clean help no-library FORCE
.SECONDARY:
.DELETE_ON_ERROR:

include tests/torture.mk
include bench/bench.mk

# install, uninstall, dist, deb, rpm.
#
# INIT chooses the init script: sysv (with the LSB script), openrc, or none.
# Where an init system looks for its files does not depend on PREFIX or
# SYSCONFDIR; a package may move them with INITDIR, DEFAULTDIR and UNITDIR.

INIT = sysv
INITDIR = /etc/init.d
DEFAULTDIR = $(if $(filter openrc,$(INIT)),/etc/conf.d,/etc/default)
LOGROTATEDIR = /etc/logrotate.d
# Empty: no systemd unit is installed.
UNITDIR =

BINDIR = $(PREFIX)/bin
SBINDIR = $(PREFIX)/sbin
DATADIR = $(PREFIX)/share
MANDIR = $(DATADIR)/man
DOCDIR = $(DATADIR)/doc/hupd
COMPLETIONDIR = $(DATADIR)/bash-completion/completions
ZSHDIR = $(DATADIR)/zsh/site-functions
FISHDIR = $(DATADIR)/fish/vendor_completions.d

install_program = install -D -m 755
install_data = install -D -m 644
# The scripts in the tree are written for PREFIX=/usr.
install_script = sed -e 's|/usr/sbin/hupd|$(SBINDIR)/hupd|' \
	-e 's|/usr/bin/hupctl|$(BINDIR)/hupctl|' $(1) >$(B)/script.tmp && \
	install -D -m $(3) $(B)/script.tmp $(DESTDIR)$(2) && rm $(B)/script.tmp

manuals = $(notdir $(wildcard man/*.[1-8]))
manual_path = $(MANDIR)/man$(subst .,,$(suffix $(1)))/$(1)

install: all install-init-$(INIT)
	$(install_program) $(B)/hupd $(DESTDIR)$(SBINDIR)/hupd
	$(install_program) $(B)/hupctl $(DESTDIR)$(BINDIR)/hupctl
	install -d -m 755 $(DESTDIR)$(SYSCONFDIR)/hupd.d
	$(foreach m,$(manuals),$(install_data) man/$(m) \
	    $(DESTDIR)$(call manual_path,$(m)) &&) :
	$(install_data) completions/hupctl \
	    $(DESTDIR)$(COMPLETIONDIR)/hupctl
	$(install_data) completions/_hupctl $(DESTDIR)$(ZSHDIR)/_hupctl
	$(install_data) completions/hupctl.fish \
	    $(DESTDIR)$(FISHDIR)/hupctl.fish
	$(foreach e,$(wildcard examples/*.conf),$(install_data) $(e) \
	    $(DESTDIR)$(DOCDIR)/$(e) &&) :

install-init-none:

install-init-sysv: all install-service
	$(call install_script,init.d/hupd,$(INITDIR)/hupd,755)
	$(call install_script,init.d/hupd-program,$(DATADIR)/hupd/hupd-program,755)

# OpenRC takes the name of a service from a link only within one folder.
install-init-openrc: all install-service
	$(call install_script,init.d/hupd.openrc,$(INITDIR)/hupd,755)
	$(call install_script,init.d/hupd-program.openrc,$(INITDIR)/hupd-program,755)

# An administrator's settings are not overwritten.
install-service: all
	[ -e $(DESTDIR)$(DEFAULTDIR)/hupd ] || \
	    $(install_data) conf.d/hupd $(DESTDIR)$(DEFAULTDIR)/hupd
	$(call install_script,conf.d/hupd.logrotate,$(LOGROTATEDIR)/hupd,644)
	[ -z "$(UNITDIR)" ] || { \
	    $(call install_script,init.d/hupd.service,$(UNITDIR)/hupd.service,644); }

# Leaves what an administrator wrote: programs, hupd.conf, changed settings.
uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/hupd $(DESTDIR)$(BINDIR)/hupctl \
	    $(foreach m,$(manuals),$(DESTDIR)$(call manual_path,$(m))) \
	    $(DESTDIR)$(COMPLETIONDIR)/hupctl $(DESTDIR)$(ZSHDIR)/_hupctl \
	    $(DESTDIR)$(FISHDIR)/hupctl.fish $(DESTDIR)$(INITDIR)/hupd \
	    $(DESTDIR)$(INITDIR)/hupd-program \
	    $(DESTDIR)$(LOGROTATEDIR)/hupd
	[ -z "$(UNITDIR)" ] || rm -f $(DESTDIR)$(UNITDIR)/hupd.service
	rm -rf $(DESTDIR)$(DOCDIR) $(DESTDIR)$(DATADIR)/hupd
	! cmp -s conf.d/hupd $(DESTDIR)$(DEFAULTDIR)/hupd || \
	    rm -f $(DESTDIR)$(DEFAULTDIR)/hupd
	[ ! -d $(DESTDIR)$(SYSCONFDIR)/hupd.d ] || rmdir \
	    --ignore-fail-on-non-empty $(DESTDIR)$(SYSCONFDIR)/hupd.d

# One date for everything that is packed: that of the newest change.
release_date = $(or $(SOURCE_DATE_EPOCH),$(shell \
	date +%s -d "$$(sed -n 's/^ -- .*>  //p' debian/changelog | head -n 1)"))
dist_name = hupd-$(VERSION)
dist_file = build/$(dist_name).tar.gz

# The tree as it is, but for what git ignores; without git, all but build/.
dist:
	@mkdir -p build
	if git ls-files --error-unmatch Makefile >/dev/null 2>&1; then \
	    git ls-files -co --exclude-standard; \
	else \
	    find . -path ./build -prune -o -path ./.git -prune -o ! -type d -print; \
	fi | \
	    while IFS= read -r f; do \
		if [ -e "$$f" ] || [ -L "$$f" ]; then echo "./$${f#./}"; fi; \
	    done | LC_ALL=C sort >build/dist.list
	tar -cf - --no-recursion --owner=0 --group=0 --numeric-owner \
	    --format=gnu --mode=u+w,go+rX,go-w --mtime=@$(release_date) \
	    --transform='flags=r;s|^\.|$(dist_name)|' -T build/dist.list | \
	    gzip -9n >$(dist_file)
	@rm build/dist.list

# Built in a copy, so that the tree stays as it is.
deb: dist
	rm -rf build/deb
	mkdir -p build/deb/src
	tar -C build/deb/src --strip-components=1 -xf $(dist_file)
	cd build/deb/src && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
	    dpkg-buildpackage -us -uc -b $(DEB_FLAGS)
	mv build/deb/*.deb build/deb/*.changes build/deb/*.buildinfo build/

rpm: dist
	rm -rf build/rpm
	SOURCE_DATE_EPOCH=$(release_date) env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
	    rpmbuild --quiet --nodeps -bb \
	    --define '_topdir $(CURDIR)/build/rpm' \
	    --define '_sourcedir $(CURDIR)/build' \
	    --define '_rpmdir $(CURDIR)/build' \
	    --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
	    --define 'use_source_date_epoch_as_buildtime 1' \
	    --define 'clamp_mtime_to_source_date_epoch 1' \
	    --define '_buildhost localhost' \
	    --define 'file_prefix_map -ffile-prefix-map=$(CURDIR)/build/rpm/BUILD=.' \
	    $(RPM_FLAGS) rpm/hupd.spec

.PHONY: install install-init-none install-init-sysv install-init-openrc \
	install-service uninstall dist deb rpm

help::
	@echo 'make install      with INIT=sysv, openrc or none; uninstall'
	@echo 'make dist         build/hupd-VERSION.tar.gz'
	@echo 'make deb rpm      packages, in build/'
