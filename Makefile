# make [TARGET=aarch64]   the program: build/ecrbox, static
# make test | test-all    everything under 10 minutes | the slow cases too
# make unit [T=json]      unit tests, sanitized
# make black-box [K=dns]  pytest cases against the shipped program
# make fuzz [F=json] [SECONDS=60], fuzz-smoke
# make lint, repro, bench, demo, install, dist, clean
#
# Settings below may be given on the command line or in config.mk. BUILD=/tmp/b
# builds elsewhere; CORE='core/base/*.c' narrows the archive that tests link to.
-include config.mk
export LC_ALL := C

PREFIX ?= /usr/local
BUILD ?= build
DEPS ?= build/deps
BEARSSL ?= $(DEPS)/bearssl
JSMN ?= /usr/include/jsmn.h
ROOTS ?= /usr/share/ca-certificates/mozilla
VECTORS ?= ../shared/vectors
SECONDS ?= 60

override CORE := $(sort $(wildcard $(or $(CORE),core/*.c core/*/*.c)))
APPLETS := $(sort $(wildcard applets/*.c))
PAGES := $(sort $(wildcard applets/*.[157]))
UNIT := $(patsubst tests/unit/test_%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
UNIT_HELP := $(filter-out tests/unit/test_%,$(sort $(wildcard tests/unit/*.c)))

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wwrite-strings \
    -Wstrict-prototypes -Wmissing-prototypes -Wvla
CPPFLAGS = -D_DEFAULT_SOURCE -D_GNU_SOURCE -iquote core -iquote . -I$(BUILD) \
    -isystem $(BEARSSL)/inc -isystem $(DEPS)/include
OURS = -std=c11 $(WARN) $(CPPFLAGS) $(EXTRA_CFLAGS)

# What is shipped. No position-independent code, since nothing relocates it;
# no unwind tables, since nothing unwinds; paths out of debugging sections
# and __FILE__, for builds that can be repeated.
#
# -z norelro costs nothing here: RELRO makes read-only what a dynamic linker
# has written, and a static program at a fixed address has no such thing; its
# constant tables are in .rodata from the start. -z noseparate-code only saves
# the page-sized gaps between the segments.
SMALL = -fno-pie -ffunction-sections -fdata-sections \
    -fno-asynchronous-unwind-tables -fno-unwind-tables \
    -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(abspath $(BUILD))=build \
    -ffile-prefix-map=$(abspath $(BEARSSL))=bearssl
STATIC = -static -no-pie -s -Wl,--build-id=none -Wl,--gc-sections \
    -Wl,-z,noseparate-code -Wl,-z,norelro

ASAN = -O1 -g -fno-omit-frame-pointer -fsanitize=address
UBSAN = -fsanitize=undefined -fno-sanitize-recover=all

# A flavour has a compiler, flags for our code and flags for BearSSL.
FLAVOURS = musl san fuzz aarch64
CC_musl = musl-gcc
CFLAGS_musl = -Os -fstack-protector-strong $(SMALL)
BEARFLAGS_musl = -Os $(SMALL)
LDFLAGS_musl = $(STATIC) -Wl,-Map=$@.map
CC_san = gcc
CFLAGS_san = $(ASAN) $(UBSAN)
BEARFLAGS_san = $(ASAN)
LDFLAGS_san = $(ASAN) $(UBSAN)
CC_fuzz = clang
CFLAGS_fuzz = $(ASAN) $(UBSAN) -fsanitize=fuzzer-no-link
BEARFLAGS_fuzz = $(ASAN)
LDFLAGS_fuzz = $(ASAN) $(UBSAN) -fsanitize=fuzzer
CC_aarch64 = aarch64-linux-gnu-gcc -specs $(DEPS)/musl-arm64/musl-gcc.specs
CFLAGS_aarch64 = $(CFLAGS_musl)
BEARFLAGS_aarch64 = $(BEARFLAGS_musl)
LDFLAGS_aarch64 = $(LDFLAGS_musl)
NEEDS_aarch64 = $(DEPS)/musl-arm64

ifeq ($(TARGET),)
PROGRAM = $(BUILD)/ecrbox
SHIPPED = musl
else
PROGRAM = $(BUILD)/$(TARGET)/ecrbox
SHIPPED = $(TARGET)
RUN = qemu-$(TARGET)-static
endif

# Every program is run without the caller's settings (AWS_*, SSL_CERT_FILE).
CLEAN = env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    VECTORS=$(abspath $(VECTORS))
PYTEST = /usr/bin/python3 -B -m pytest -q -p no:cacheprovider tests/cli
Q = $(if $(V),,@echo '  $@';)

all: $(PROGRAM)

define flavour
$(BUILD)/$(1)/%.o: %.c | $(BUILD)/version.h $(BEARSSL) $(DEPS)/include/jsmn.h $(NEEDS_$(1))
	@mkdir -p $$(@D)
	$$(Q)$(CC_$(1)) $(OURS) $(CFLAGS_$(1)) -MMD -MP -c -o $$@ $$<
$(BUILD)/$(1)/roots.o: $(BUILD)/roots.c | $(BEARSSL) $(NEEDS_$(1))
	@mkdir -p $$(@D)
	$$(Q)$(CC_$(1)) $(OURS) $(CFLAGS_$(1)) -MMD -MP -c -o $$@ $$<
$(BUILD)/$(1)/libcore.a: $(CORE:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/roots.o
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
$(BUILD)/$(1)/libtest.a: $(UNIT_HELP:%.c=$(BUILD)/$(1)/%.o)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
$(BUILD)/$(1)/libbearssl.a: scripts/bearssl.mk | $(BEARSSL) $(NEEDS_$(1))
	+@$$(MAKE) --no-print-directory -f $$< SRC='$(BEARSSL)' OUT='$$(@D)' \
	    CC='$(CC_$(1))' CFLAGS='$(BEARFLAGS_$(1))'
endef
$(foreach f,$(FLAVOURS),$(eval $(call flavour,$f)))

LIBS = libcore.a libbearssl.a

$(PROGRAM): $(APPLETS:%.c=$(BUILD)/$(SHIPPED)/%.o) $(LIBS:%=$(BUILD)/$(SHIPPED)/%)
	$(Q)$(CC_$(SHIPPED)) $(LDFLAGS_$(SHIPPED)) -o $@ $^

$(BUILD)/san/ecrbox: $(APPLETS:%.c=$(BUILD)/san/%.o) $(LIBS:%=$(BUILD)/san/%)
	$(Q)$(CC_san) $(LDFLAGS_san) -o $@ $^

$(BUILD)/san/unit/%: $(BUILD)/san/tests/unit/test_%.o $(BUILD)/san/libtest.a \
    $(LIBS:%=$(BUILD)/san/%)
	@mkdir -p $(@D)
	$(Q)$(CC_san) $(LDFLAGS_san) -o $@ $^ -lcmocka

$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(LIBS:%=$(BUILD)/fuzz/%)
	$(Q)$(CC_fuzz) $(LDFLAGS_fuzz) -o $@ $^

# Made, not written.
$(BUILD)/version.h: FORCE
	@mkdir -p $(@D)
	@scripts/version >$@.$$$$ && \
	    if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi
$(BUILD)/roots.c: scripts/roots scripts/roots.sha256
	@mkdir -p $(@D)
	$(Q)scripts/roots $(ROOTS) >$@.new && mv $@.new $@
$(DEPS)/bearssl:
	$(Q)scripts/fetch-bearssl $@
$(DEPS)/musl-arm64:
	$(Q)scripts/fetch-musl arm64 $@
$(DEPS)/include/jsmn.h:
	$(Q)mkdir -p $(@D) && cp $(JSMN) $@

# Tests.
unit: $(addprefix unit-,$(or $(T),$(UNIT)))
unit-%: $(BUILD)/san/unit/%
	@scripts/quietly 'unit $*' $< $(CLEAN) $<

black-box: $(PROGRAM)
	$(CLEAN) ECRBOX=$(abspath $<) $(PYTEST) -m 'not slow' $(if $(K),-k '$(K)')
# Cases that need nothing of the program but its answers, sanitized.
black-box-san: $(BUILD)/san/ecrbox
	$(CLEAN) ECRBOX=$(abspath $<) $(PYTEST) -m 'not slow and not shipped' \
	    $(if $(K),-k '$(K)')
slow: $(PROGRAM)
	$(CLEAN) ECRBOX=$(abspath $<) $(PYTEST) -m slow $(if $(K),-k '$(K)')

fuzz: $(addprefix fuzz-,$(or $(F),$(FUZZ)))
fuzz-%: $(BUILD)/fuzz/fuzz_%
	@mkdir -p $(BUILD)/fuzz/corpus/$* tests/fuzz/corpus/$*
	@scripts/quietly 'fuzz $*' $< $(CLEAN) $< -max_total_time=$(SECONDS) \
	    -timeout=10 -artifact_prefix=$(BUILD)/fuzz/$*- \
	    $(BUILD)/fuzz/corpus/$* tests/fuzz/corpus/$*
fuzz-smoke:
	+@$(MAKE) --no-print-directory SECONDS=3 F= fuzz

static: $(PROGRAM)
	scripts/static $<

# In parallel what can be, then one after the other: the cases time things.
test: programs
	+@$(MAKE) --no-print-directory unit static
	+@$(MAKE) --no-print-directory black-box
	+@$(MAKE) --no-print-directory black-box-san
	+@$(MAKE) --no-print-directory fuzz-smoke
test-all: test
	+@$(MAKE) --no-print-directory slow
	+@$(MAKE) --no-print-directory SECONDS=60 fuzz
	+@$(MAKE) --no-print-directory repro check-aarch64
programs: $(PROGRAM) $(BUILD)/san/ecrbox $(UNIT:%=$(BUILD)/san/unit/%) \
    $(FUZZ:%=$(BUILD)/fuzz/fuzz_%)

check-aarch64:
	+@$(MAKE) --no-print-directory TARGET=aarch64 all static
	$(CLEAN) qemu-aarch64-static $(BUILD)/aarch64/ecrbox --version

repro:
	scripts/repro
lint: $(BUILD)/version.h $(BEARSSL) $(DEPS)/include/jsmn.h
	@WARN='$(WARN)' CPPFLAGS='$(CPPFLAGS)' scripts/lint
bench: $(PROGRAM)
	scripts/bench $<
demo: $(PROGRAM)
	@$(CLEAN) ECRBOX=$(abspath $<) tests/demo

# LINKS="aws crane": names of other programs, linked only when asked for.
install: $(PROGRAM)
	mkdir -p '$(DESTDIR)$(PREFIX)/bin'
	$(RUN) $< --install '$(DESTDIR)$(PREFIX)/bin' $(LINKS)
	for page in $(PAGES); do \
		install -D -m 644 $$page \
		    "$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}" || \
		    exit 1; \
	done
dist:
	scripts/dist $(BUILD)
clean:
	rm -rf $(BUILD)

FORCE:
.PHONY: all unit black-box black-box-san slow fuzz fuzz-smoke static test test-all \
    programs check-aarch64 repro lint bench demo install dist clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
