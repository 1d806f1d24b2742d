# Tests by force: fuzzing, faults, static analysis.

# Each tests/fuzz/NAME.c but main.c is a harness, linked with libFuzzer, or
# with FUZZ_ENGINE=tests/fuzz/main.c to run on files (for AFL++: CC=afl-cc).
FUZZ_SECONDS ?= 60
FUZZ_ENGINE ?= -fsanitize=fuzzer
fuzzers = $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,\
	$(filter-out tests/fuzz/main.c,$(wildcard tests/fuzz/*.c)))
fuzzers: $(fuzzers)

$(B)/fuzz/record $(B)/fuzz/control: fuzz_wrap = $(patsubst %,-Wl$(,)--wrap=%,\
	kill spawn spawn_signal logger_reopen stream_open)
, := ,

$(B)/fuzz/%: tests/fuzz/%.c $(B)/libhupd.a $(B)/flags
	@mkdir -p $(@D)
	$(compile) -Isrc -MMD -MP -MT $@ -MF $@.d $(LDFLAGS) $(fuzz_wrap) \
	    -o $@ $< $(FUZZ_ENGINE) $(B)/libhupd.a $(bsd_libs)

-include $(wildcard $(B)/fuzz/*.d)

fuzz:
	@tests/fuzz/run $(FUZZ_SECONDS)
check-fuzz check-faults:
	@tests/run $(@:check-%=%)

faults: all
	@tests/faults/run $(B)

.PHONY: fuzzers fuzz check-fuzz faults check-faults

help::
	@echo 'make fuzz         each parser for FUZZ_SECONDS=60; check-fuzz'
	@echo '                  is the short form'
	@echo 'make faults       each system call fails; check-faults: some'
