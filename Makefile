# hupd - see "make help".

VERSION = 0.1.0

# Variables of the user: CC, CPPFLAGS, CFLAGS, LDFLAGS, DESTDIR and these.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config

# B: the folder for everything that is made; the sanitized build has its own.
B = build

# The rooms of src/.  tests/lint/rooms says which room may include which.
rooms = base config wire process output program daemon client import

# The project's own flags; the user's come after them.
bsd_cflags := $(shell $(PKG_CONFIG) --cflags libbsd-overlay 2>/dev/null)
bsd_libs := $(shell $(PKG_CONFIG) --libs libbsd-overlay 2>/dev/null)
# Its other flags are feature macros, all part of _GNU_SOURCE.
curses_cflags := $(shell $(PKG_CONFIG) --cflags-only-I ncursesw 2>/dev/null)
curses_libs := $(shell $(PKG_CONFIG) --libs ncursesw 2>/dev/null)
# Optional: filters of system calls, for the log process and the sandbox.
seccomp_libs := $(if $(WITHOUT_LIBSECCOMP),,\
	$(shell $(PKG_CONFIG) --libs libseccomp 2>/dev/null))
seccomp_cflags := $(if $(seccomp_libs),-DHAVE_SECCOMP \
	$(shell $(PKG_CONFIG) --cflags libseccomp))
# Optional: capability-bounding-set and ambient-capabilities.
cap_libs := $(if $(WITHOUT_LIBCAP),,$(shell $(PKG_CONFIG) --libs libcap 2>/dev/null))
cap_cflags := $(if $(cap_libs),-DHAVE_LIBCAP \
	$(shell $(PKG_CONFIG) --cflags libcap))
missing = $(if $(bsd_libs),,libbsd) $(if $(curses_libs),,ncursesw)
hupd_cppflags = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 \
	-DLIBBSD_OPENBSD_VIS $(bsd_cflags) $(curses_cflags) $(seccomp_cflags) \
	$(cap_cflags) \
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
hardening_ldflags = -fPIE -pie -Wl,-z,relro,-z,now
compile = $(CC) $(hupd_cppflags) $(hardening_cflags) $(CPPFLAGS) \
	$(hupd_cflags) $(CFLAGS)
link_flags = $(hardening_ldflags) $(LDFLAGS)
link = $(CC) $(CFLAGS) $(link_flags)

all: $(B)/hupd $(B)/hupctl

# All files but the mains form an archive: each binary and each test links only
# what it uses.
parts = $(patsubst src/%.c,%,$(foreach r,$(rooms),$(sort $(wildcard src/$(r)/*.c))))

$(B)/hupctl: libs = $(curses_libs)
$(B)/hupd: libs = $(seccomp_libs) $(cap_libs)
$(B)/hupd $(B)/hupctl: $(B)/%: $(B)/obj/%.o $(B)/libhupd.a
	$(link) -o $@ $^ $(libs) $(bsd_libs)

$(B)/libhupd.a: $(parts:%=$(B)/obj/%.o)
	rm -f $@
	$(AR) rcs $@ $^

$(B)/obj/%.o: src/%.c $(B)/flags | $(if $(strip $(missing)),no-library)
	@mkdir -p $(@D)
	$(compile) -MMD -MP -c -o $@ $<

# If flags change, all objects are compiled again.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(compile) $(link))' | cmp -s - $@ || \
	    echo '$(subst ','\'',$(compile) $(link))' >$@

no-library:
	@echo 'hupd needs libbsd, ncursesw and pkg-config, and has use for libseccomp and libcap; not found:' $(missing) >&2
	@echo '  Debian, Devuan  apt-get install gcc make pkg-config libbsd-dev libncurses-dev libseccomp-dev libcap-dev' >&2
	@echo '  Alpine          apk add build-base pkgconf libbsd-dev ncurses-dev libseccomp-dev libcap-dev' >&2
	@echo '  Gentoo          emerge dev-libs/libbsd sys-libs/ncurses sys-libs/libseccomp sys-libs/libcap virtual/pkgconfig' >&2
	@echo '  Fedora, RHEL    dnf install gcc make pkgconf libbsd-devel ncurses-devel libseccomp-devel libcap-devel' >&2
	@false

# A unit test links only what it uses.
unit_tests = $(patsubst tests/unit/%_test.c,$(B)/unit/%_test,\
	$(wildcard tests/unit/*_test.c))
unit: $(unit_tests)

$(B)/unit/%_test: tests/unit/%_test.c $(B)/libhupd.a $(B)/flags
	@mkdir -p $(@D)
	$(compile) -MMD -MP -MT $@ -MF $@.d $(link_flags) -o $@ $< \
	    $(B)/libhupd.a -lcmocka $(seccomp_libs) $(cap_libs) $(bsd_libs)

# Programs that the tests and the examples run.
$(B)/examples/%: examples/src/%.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) -MMD -MP -MT $@ -MF $@.d $(link_flags) -o $@ $<

$(B)/tools/%: tests/tools/%.c $(B)/libhupd.a $(B)/flags
	@mkdir -p $(@D)
	$(compile) -MMD -MP -MT $@ -MF $@.d $(link_flags) -o $@ $< \
	    $(B)/libhupd.a $(curses_libs) $(seccomp_libs) $(cap_libs) $(bsd_libs)

tools: $(patsubst tests/tools/%.c,$(B)/tools/%,$(wildcard tests/tools/*.c)) \
	$(patsubst examples/src/%.c,$(B)/examples/%,$(wildcard examples/src/*.c))

-include $(wildcard $(B)/obj/*.d $(B)/obj/*/*.d $(B)/unit/*.d $(B)/tools/*.d $(B)/examples/*.d)

# Both binaries without shared libraries, stripped, in $(B)/static.  A static
# glibc cannot look up users: where the compiler is for glibc, musl is taken.
glibc = $(shell $(CC) -include features.h -dM -E -x c /dev/null | grep __GLIBC__)
static_ldflags = $(LDFLAGS) -static -no-pie
static:
	$(if $(glibc),LDFLAGS='$(static_ldflags)' tests/machines/musl \
	    $(B)/static/build all,$(MAKE) -s B=$(B)/static/build all \
	    PKG_CONFIG='$(PKG_CONFIG) --static' LDFLAGS='$(static_ldflags)')
	cp $(B)/static/build/hupd $(B)/static/build/hupctl $(B)/static/
	strip $(B)/static/hupd $(B)/static/hupctl
	@ls -l $(B)/static/hupd $(B)/static/hupctl

run:
	@examples/demo.sh

# The suites; tests/run prints a summary of their results.
check:
	@tests/run lint unit golden units system san hostile services vm \
	    model fuzz faults chaos init machines
check-unit check-golden check-system check-san check-hostile check-services \
    check-vm check-model check-init check-machines lint:
	@tests/run $(@:check-%=%)

# By hand, as root: the picture in README.md.
screenshot: all
	docs/screenshot $(B) >$(B)/screen.svg
	mv $(B)/screen.svg docs/screen.svg

# By hand: it downloads 80 packages.
check-units: all
	@tests/units/run $(B)

# By hand: it installs daemons, each in a root of its own, and boots it.
check-units-run: all
	@tests/units/runs $(B)
	@tests/units/runs -e $(B)

# By hand: it boots two machines, and installs python3 and sshd in them.
check-ansible: all
	@tests/ansible/run $(B)

coverage:
	@tests/coverage

analyze:
	@tests/analyze/run

# For tests/lint/run.
print-flags:
	@printf '%s\n' $(hupd_cppflags) $(hupd_cflags)

print-version:
	@echo '$(VERSION)'

clean:
	rm -rf build

help::
	@echo 'make              build/hupd and build/hupctl'
	@echo 'make static       the same without shared libraries: build/static'
	@echo 'make run          a demonstration: start, reload, rejected reload, log'
	@echo 'make check        all tests; single suites: lint, check-unit,'
	@echo '                  check-golden, check-system, check-san, check-hostile,'
	@echo '                  check-services, check-vm, check-model, check-fuzz,'
	@echo '                  check-faults, check-chaos, check-init,'
	@echo '                  check-machines'
	@echo 'make check-units  the units of 80 daemons, downloaded and imported'
	@echo 'make check-units-run  daemons under hupd from their units, booted'
	@echo 'make check-ansible  the role of examples/ansible, on two machines'
	@echo 'make screenshot   docs/screen.svg, as root'
	@echo 'make coverage     the lines that the tests reach'
	@echo 'make analyze      gcc -fanalyzer, clang-tidy and cppcheck'
	@echo 'make clean        remove build/'
	@echo 'Variables: CC CPPFLAGS CFLAGS LDFLAGS DESTDIR PREFIX SYSCONFDIR,'
	@echo 'WERROR=1: warnings fail the build; WITHOUT_LIBCAP=1 and'
	@echo 'WITHOUT_LIBSECCOMP=1 leave out a library that is there.'

.PHONY: all unit tools static run check check-unit check-golden check-system \
	check-san check-hostile check-services check-vm check-model check-init check-machines check-units check-units-run check-ansible screenshot lint coverage analyze print-flags \
	print-version clean help no-library FORCE
.SECONDARY:
.DELETE_ON_ERROR:

include packaging.mk
include tests/stress.mk
include bench/bench.mk
