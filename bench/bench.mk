# Benchmarks of hupd and its peers, as root.
#
# The variables N, MB, ROUNDS and WITH: see bench/run.

# The row "start" includes memory and stop.
bench_rows = start memory-log restart reload status idle log log-lines \
	log-small log-many fair hup
bench_out = build/bench
bench_cflags = -D_GNU_SOURCE $(hupd_cflags) -O2
bench_tools = $(bench_out)/meter $(bench_out)/tiny $(bench_out)/flood

$(bench_out)/meter: bench/meter.c bench/floor.c bench/board.c bench/floor.h \
    bench/board.h
	@mkdir -p $(@D)
	$(CC) $(bench_cflags) -o $@ $(filter %.c,$^)

$(bench_out)/flood: bench/flood.c bench/board.c bench/board.h
	@mkdir -p $(@D)
	$(CC) $(bench_cflags) -static -o $@ $(filter %.c,$^)

$(bench_out)/tiny: bench/tiny.c bench/board.h
	@mkdir -p $(@D)
	$(CC) $(bench_cflags) -static -nostdlib -ffreestanding \
	    -fno-stack-protector -o $@ $<

$(bench_out)/hupd-valgrind: bench/clone.c $(B)/obj/hupd.o $(B)/libhupd.a
	@mkdir -p $(@D)
	$(CC) $(bench_cflags) -g -Wl,--wrap=clone -o $@ $^ $(seccomp_libs) $(cap_libs) $(bsd_libs)

bench: all $(bench_tools)
	@bench/deps $(bench_out)
	@rm -f $(bench_out)/results.tsv
	@HUPD_BUILD=$(abspath $(B)) bench/scale >/dev/null
	@HUPD_BUILD=$(abspath $(B)) bench/run $(bench_rows) >/dev/null
	@bench/plots
	@bench/page >$(bench_out)/benchmarks.md
	@bench/table

# Copy the results of make bench to docs/.
bench-docs:
	cp $(bench_out)/benchmarks.md docs/benchmarks.md
	cp $(bench_out)/peers.svg docs/benchmarks-peers.svg
	cp $(bench_out)/scale.svg docs/benchmarks-scale.svg

# A single row.
$(bench_rows:%=bench-%): bench-%: all $(bench_tools)
	@bench/deps $(bench_out)
	@rm -f $(bench_out)/$*.tsv
	@HUPD_BUILD=$(abspath $(B)) RESULTS=$(CURDIR)/$(bench_out)/$*.tsv \
	    bench/run $* >/dev/null
	@bench/table $(bench_out)/$*.tsv

bench-scale: all $(bench_tools)
	@bench/deps $(bench_out)
	@HUPD_BUILD=$(abspath $(B)) bench/scale

# Without peers: none of them holds sockets.
bench-sockets: all tools
	@HUPD_BUILD=$(abspath $(B)) bench/sockets

bench-first: all
	@mkdir -p $(bench_out)
	@bench/deps $(bench_out)
	@HUPD_BUILD=$(abspath $(B)) bench/first

bench-instructions: all $(bench_out)/hupd-valgrind
	@HUPD_BUILD=$(abspath $(B)) bench/instructions.sh

help::
	@echo 'make bench        hupd and its peers side by side; bench-ROW: one row;'
	@echo '                  bench-scale: the plot'
	@echo 'make bench-docs   copy the results of make bench to docs/'
	@echo 'make bench-sockets bench-first'
	@echo 'make bench-instructions'
	@echo '                  fail if a reload or status needs 5% more instructions'

.PHONY: bench bench-docs bench-scale bench-sockets bench-first bench-instructions $(bench_rows:%=bench-%)
